import { asBackoff, isBackoff, policyOptions } from "../backoff/as-backoff.js";
import type { Backoff } from "../backoff/backoff.js";
import { type Duration, parseOption } from "../timers/duration.js";
import { type RestartLimit, restartLimit } from "./restart-limit.js";
import { parseRetryIf, type RetryIf } from "./retry-if.js";

export interface RetryOptions {
  readonly backoff: Backoff;
  /** After how long without an exit the earlier failures of a continuous worker no longer count. 1 minute by default. */
  readonly resetAfter?: Duration | undefined;
  /** How many restarts there may be; at one failure more the worker is given up with a {@link RestartLimitError}. Unlimited by default. */
  readonly maxRestarts?: number | undefined;
  /** The window in which `maxRestarts` counts, sliding. Without one, failures in a row count, as for `attempt`. */
  readonly within?: Duration | undefined;
  /** Asked at every failure with the error and how many in a row it makes; `false` gives the worker up with that error. */
  readonly retryIf?: RetryIf | undefined;
}

export interface RetryPolicy {
  readonly backoff: Backoff;
  readonly terms: RetryTerms;
}

/** On what terms something is restarted. Whoever gives a backoff alone has the usual ones, which all share: there may be a hundred thousand. */
export interface RetryTerms {
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
 * What a policy amounts to, whatever it was given as.
 * @param subject for the message
 * @throws InvalidArgumentError if there is no backoff in it, or an option is malformed or does not exist
 */
export function retryPolicy(policy: unknown, subject = "retry"): RetryPolicy {
  if (isBackoff(policy)) return { backoff: policy, terms: usualTerms };
  const { backoff, ...terms } = policyOptions(policy, subject, Object.keys(options));
  return { backoff: asBackoff(backoff), terms: retryTerms(terms) };
}

function retryTerms({ resetAfter = "1m", maxRestarts, within, retryIf }: Readonly<Record<string, unknown>>): RetryTerms {
  const limit = restartLimit(maxRestarts, within);
  return { resetAfter: parseOption("resetAfter", resetAfter), limit, retryIf: parseRetryIf(retryIf) };
}

const usualTerms = retryTerms({});

/**
 * The policy itself, once it is known to be one.
 * @throws InvalidArgumentError as {@link retryPolicy} does
 */
export function checkRetry(policy: unknown, subject = "retry"): Backoff | RetryOptions {
  assertRetry(policy, subject);
  return policy;
}

function assertRetry(policy: unknown, subject: string): asserts policy is Backoff | RetryOptions {
  retryPolicy(policy, subject);
}
