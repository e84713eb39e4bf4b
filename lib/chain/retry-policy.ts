import { asBackoff, isBackoff, policyOptions } from "../backoff/as-backoff.js";
import type { Backoff } from "../backoff/backoff.js";
import { type Duration, parseOption } from "../timers/duration.js";
import { type RestartLimit, restartLimit } from "./restart-limit.js";
import { parseRetryIf, type RetryIf } from "./retry-if.js";

export interface RetryOptions {
  readonly backoff: Backoff;
  /** How long a continuous worker has to stay up until its earlier failures no longer count. 1 minute by default. */
  readonly resetAfter?: Duration | undefined;
  /** The number of restarts; at one more failure the worker fails with a {@link RestartLimitError}. Unlimited by default. */
  readonly maxRestarts?: number | undefined;
  /** The sliding window in which `maxRestarts` counts. Without a window, it counts the failures in a row, like `attempt`. */
  readonly within?: Duration | undefined;
  /** Called with the error and the number of failures in a row; `false` fails the worker with that error. */
  readonly retryIf?: RetryIf | undefined;
}

export interface RetryPolicy {
  readonly backoff: Backoff;
  readonly conditions: RetryConditions;
}

/**
 * When to restart. Policies that are a backoff alone share one object with the defaults, as there may be a hundred thousand
 * workers.
 */
export interface RetryConditions {
  /** In ms. */
  readonly resetAfter: number;
  readonly limit: RestartLimit | undefined;
  readonly retryIf: (error: Error, attempt: number) => unknown;
}

const options: Readonly<Record<keyof RetryOptions, true>> = {
  backoff: true,
  resetAfter: true,
  maxRestarts: true,
  within: true,
  retryIf: true,
};

/**
 * Parses a policy, which is a backoff or options.
 * @param subject for the message
 * @throws InvalidArgumentError if there is no backoff in it, or an option is malformed or does not exist
 */
export function retryPolicy(policy: unknown, subject = "retry"): RetryPolicy {
  if (isBackoff(policy)) return { backoff: policy, conditions: defaultConditions };
  const { backoff, ...conditions } = policyOptions(policy, subject, Object.keys(options));
  return { backoff: asBackoff(backoff), conditions: retryConditions(conditions) };
}

function retryConditions({
  resetAfter = "1m",
  maxRestarts,
  within,
  retryIf,
}: Readonly<Record<string, unknown>>): RetryConditions {
  const limit = restartLimit(maxRestarts, within);
  return { resetAfter: parseOption("resetAfter", resetAfter), limit, retryIf: parseRetryIf(retryIf) };
}

const defaultConditions = retryConditions({});

/** @throws InvalidArgumentError as {@link retryPolicy} does */
export function assertRetry(policy: unknown): asserts policy is Backoff | RetryOptions {
  retryPolicy(policy);
}
