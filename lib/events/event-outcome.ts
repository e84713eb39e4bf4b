import { isFailure, type Outcome } from "../runtime/outcome.js";

/** How a run or a worker has ended: `"stopped"` after a request to stop, `"completed"` if it will not run again. */
export type EventOutcome = "done" | "completed" | "stopped" | "failed";

export function eventOutcome(outcome: Outcome): EventOutcome {
  return isFailure(outcome) ? "failed" : outcome;
}
