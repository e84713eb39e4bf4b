import type { Backoff } from "../backoff/backoff.js";
import type { RetryOptions } from "../chain/retry-policy.js";
import { record } from "../metadata/record.js";
import type { ValueOrOf, WorkerDecorator } from "./method-decorator.js";

/**
 * On a method, restarts the worker whenever it exits, as {@link retry} does. Refines a `@Worker` or a `@Repeat`.
 *
 * On a class, makes its workers a {@link group} that is restarted together whenever one of them is given up: by its own
 * retry, or at once if it has none. A subclass inherits that, unless it has one of its own.
 * @param policy a backoff, options, or a function of the instance that gives one
 */
export function Retry<Self extends object = object>(
  policy: ValueOrOf<Self, Backoff | RetryOptions>,
): WorkerDecorator<NoInfer<Self>> {
  return (...site: unknown[]) => record("Retry", [policy], site);
}
