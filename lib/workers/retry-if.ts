import type { Activity } from "../context/activity.js";
import type { Outcome } from "../context/outcome.js";
import type { Failed } from "../context/problem-log.js";
import { isThenable, onRejection, showUnlessText } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { judge } from "./judge.js";

/** Says of a failure, and how many in a row it makes, whether it is worth another attempt: `false` if it is not. Synchronous. */
export type RetryIf = (error: Error, attempt: number) => boolean;

/** @throws InvalidArgumentError if it is not a function */
export function parseRetryIf(value: unknown = always): (error: Error, attempt: number) => unknown {
  if (isPredicate(value)) return value;
  throw new InvalidArgumentError(`retryIf is ${showUnlessText(value)}: pass a function that returns a boolean`);
}

/**
 * What to end with after a failure if `retryIf` wants no further attempt: the failure itself, or what `retryIf` has failed with. Undefined if
 * there is to be another attempt.
 * @param what is given up then
 */
export function refusedBy(
  retryIf: (error: Error, attempt: number) => unknown,
  activity: Activity,
  failure: Error,
  attempt: number,
  what: Failed = "worker",
): Outcome | undefined {
  const log = (why: string): void => {
    const message = `failed (attempt ${attempt}), giving up${what === "worker" ? "" : " this run"}: ${why}`;
    if (what === "worker") activity.problemLog.gaveUp(activity, failure, message, { attempt });
    else activity.problemLog.failed(activity, failure, what, message, { attempt });
  };
  try {
    const answer = retryIf(failure, attempt);
    if (answer === false) {
      log("its retryIf returned false");
      return failure;
    }
    if (!isThenable(answer)) return undefined;
    onRejection(answer, () => {});
    throw new InvalidArgumentError(`retryIf of ${activity.name || "a worker"} returned a promise: return true or false`, {
      cause: failure,
    });
  } catch (thrown) {
    log("its retryIf failed");
    return judge(activity, thrown, false);
  }
}

function always(): boolean {
  return true;
}

function isPredicate(value: unknown): value is (error: Error, attempt: number) => unknown {
  return typeof value === "function";
}
