import { isFailure, type Outcome } from "../runtime/outcome.js";

/** How a run, or a worker, has ended: `"stopped"` when it was told to stop, `"completed"` when it is done for good. */
export type EventOutcome = "done" | "completed" | "stopped" | "failed";

export function eventOutcome(outcome: Outcome): EventOutcome {
  return isFailure(outcome) ? "failed" : outcome;
}
