import type { Backoff } from "../backoff/backoff.js";
import { type RetryJobOptions, retryJobPolicy } from "../chain/retry-job.js";
import { defineDecorator } from "./decorator.js";
import type { UntypedSelf, ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";
import type { Misuse, Place } from "./misuse.js";

/**
 * Retries each single run until it succeeds, as {@link retryJob} does. Refines a `@Repeat`.
 * @param policy a backoff, options, or a function of the instance that returns one
 */
export function RetryJob<Self extends object = UntypedSelf>(
  policy: ValueOrOf<Self, Backoff | RetryJobOptions>,
): WorkerMethodDecorator<NoInfer<Self>>;
export function RetryJob(
  value: unknown,
  place: Place,
  descriptor?: unknown,
): Misuse<"write it with a backoff: @RetryJob(backoff)">;
export function RetryJob(...args: unknown[]): unknown {
  return decorate(args);
}

const decorate = defineDecorator<[Backoff | RetryJobOptions]>({
  name: "RetryJob",
  isForJobsOnly: true,
  placeholders: [{ duration: () => 0 }],
  example: "@RetryJob(backoff)",
  parse: ([retryJob]) => ({ retryJob, retryJobPolicy: retryJobPolicy(retryJob, "@RetryJob") }),
});
