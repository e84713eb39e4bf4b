/**
 * How a run or a worker ended. `"done"`: it returned. `"completed"`: it returned and must not be started again. `"stopped"`: it
 * was aborted and stopped cleanly.
 */
export type Outcome = "done" | "completed" | "stopped" | Error;

/** Whether it ended with an error. Tested by exclusion, as an error of another realm is not an instance of `Error` here. */
export function isFailure(outcome: Outcome): outcome is Error {
  return typeof outcome !== "string";
}
