/**
 * How something ended. `"stopped"`: it was aborted before it had finished, and complied. A worker that returns is `"done"`,
 * whether or not that was what one wanted; `"completed"` is one that has said that it is done for good.
 */
export type Outcome = "done" | "completed" | "stopped" | Error;

/** Whether it ended in an error. By type, as an error of another realm is no instance of this one's `Error`. */
export function isFailure(outcome: Outcome): outcome is Error {
  return typeof outcome !== "string";
}
