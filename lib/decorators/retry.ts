import type { Backoff } from "../backoff/backoff.js";
import { record } from "../metadata/record.js";
import type { RetryOptions } from "../workers/retry-policy.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/**
 * Restarts the worker whenever it exits, as {@link retry} does. Refines a `@Worker` or a `@Repeat`.
 * @param policy a backoff, options, or a function of the instance that gives one
 */
export function Retry<Self extends object = object>(
  policy: ValueOrOf<Self, Backoff | RetryOptions>,
): WorkerMethodDecorator<NoInfer<Self>> {
  return (...site: unknown[]) => record("Retry", [policy], site);
}
