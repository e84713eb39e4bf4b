import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { isThenable, onRejection } from "../errors/on-settled.js";
import { isCausedBy } from "../errors/read-error.js";
import { showUnlessText } from "../errors/show-value.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { Task } from "../runtime/task.js";
import { classifyThrown } from "./classify-thrown.js";

/**
 * Decides, for an error and the number of failures in a row, whether there is another attempt: returns `false` to give up.
 * Synchronous.
 */
export type RetryIf = (error: Error, attempt: number) => boolean;

/** @throws InvalidArgumentError if it is not a function */
export function parseRetryIf(value: unknown = always): (error: Error, attempt: number) => unknown {
  if (isPredicate(value)) return value;
  throw new InvalidArgumentError(`retryIf is ${showUnlessText(value)}: pass a function that returns a boolean`);
}

/**
 * The error to fail with if `retryIf` gives up: the failure itself, or the error that `retryIf` has thrown. Undefined if there is
 * another attempt.
 * @param what gives up, for the log
 */
export function askRetryIf(
  retryIf: (error: Error, attempt: number) => unknown,
  task: Task,
  failure: Error,
  attempt: number,
  what: "worker" | "run" = "worker",
): Outcome | undefined {
  const { problemLog } = task;
  const giveUp = (error: Error, why: string): void => {
    const message = `failed (attempt ${attempt}), giving up${what === "worker" ? "" : " this run"}: its retryIf ${why}`;
    if (what === "worker") problemLog.gaveUp(task, error, message, { attempt });
    else problemLog.gaveUpRun(task, error, message, { attempt });
  };
  try {
    const answer = retryIf(failure, attempt);
    if (answer === false) {
      giveUp(failure, "returned false");
      return failure;
    }
    if (!isThenable(answer)) return undefined;
    onRejection(answer, () => {});
    throw new InvalidArgumentError(`retryIf of ${task.name || "a worker"} returned a promise: return true or false`, {
      cause: failure,
    });
  } catch (thrown) {
    const outcome = classifyThrown(task, thrown, false);
    const isHeld = isFailure(outcome) && isCausedBy(outcome, failure);
    const failed = what === "worker" ? "worker" : "attempt";
    if (!isHeld) problemLog.failed(task, failure, failed, `failed (attempt ${attempt}), and so did its retryIf`, { attempt });
    if (isFailure(outcome)) giveUp(outcome, "failed");
    return outcome;
  }
}

function always(): boolean {
  return true;
}

function isPredicate(value: unknown): value is (error: Error, attempt: number) => unknown {
  return typeof value === "function";
}
