import type { Backoff } from "../backoff/backoff.js";
import { type RetryJobOptions, retryJobPolicy } from "../chain/retry-job.js";
import { defineDecorator } from "./decorator.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/**
 * Retries each single run until it succeeds, as {@link retryJob} does. Refines a `@Repeat`.
 * @param policy a backoff, options, or a function of the instance that returns one
 */
export function RetryJob<Self extends object = object>(
  policy: ValueOrOf<Self, Backoff | RetryJobOptions>,
): WorkerMethodDecorator<NoInfer<Self>> {
  return (...target: unknown[]) => record([policy], target);
}

const record = defineDecorator<[Backoff | RetryJobOptions]>({
  name: "RetryJob",
  isForJobsOnly: true,
  placeholders: [{ duration: () => 0 }],
  parse: ([retryJob]) => ({ retryJob, retryJobPolicy: retryJobPolicy(retryJob, "@RetryJob") }),
});
