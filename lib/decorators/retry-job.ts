import type { Backoff } from "../backoff/backoff.js";
import type { RetryJobOptions } from "../chain/retry-job.js";
import { record } from "../metadata/record.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/**
 * Retries each single run until it succeeds, as {@link retryJob} does. Refines a `@Repeat`.
 * @param policy a backoff, options, or a function of the instance that gives one
 */
export function RetryJob<Self extends object = object>(
  policy: ValueOrOf<Self, Backoff | RetryJobOptions>,
): WorkerMethodDecorator<NoInfer<Self>> {
  return (...site: unknown[]) => record("RetryJob", [policy], site);
}
