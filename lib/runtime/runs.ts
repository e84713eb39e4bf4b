import { epochOf } from "./epoch.js";
import type { WorkerStatus } from "./worker-status.js";

/** The runs of a worker, as counted by the task that runs them. */
export interface Runs {
  /** Includes the run that is under way. */
  readonly count: number;
  /** On the clock of the timer queue. */
  readonly lastStart: number;
  /** In ms; -1 until a run has ended. */
  readonly lastDuration: number;
  /** When a run last succeeded, on the clock of the timer queue, in whole ms; -1 until then. */
  readonly lastSuccess: number;
}

export const noRuns: Runs = { count: 0, lastStart: 0, lastDuration: -1, lastSuccess: -1 };

/**
 * Why a run starts: it is due, a command has asked for it, it is another attempt after a failure or a return, or its worker has
 * been started.
 */
export type RunCause = "schedule" | "command" | "retry" | "start";

export interface RunStart {
  readonly cause: RunCause;
  /** When the run was due, on the clock of the timer queue. */
  readonly due: number;
}

/** Adds runs to a status that has the earlier ones. */
export function addRuns(status: WorkerStatus, runs: Runs): void {
  const { count, lastStart, lastDuration, lastSuccess } = runs;
  if (!hasRun(runs)) return;
  status.runs += count;
  status.lastStart = epochOf(lastStart);
  if (lastDuration >= 0) status.lastDuration = lastDuration;
  if (lastSuccess >= 0) status.lastSuccess = epochOf(lastSuccess);
}

/** Whether a run has started here, or has ended here after a start in another replica. */
export function hasRun({ count, lastDuration }: Runs): boolean {
  return count > 0 || lastDuration >= 0;
}
