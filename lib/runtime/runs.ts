import { TimerQueue } from "../timers/timer-queue.js";
import type { WorkerStatus } from "./worker-status.js";

/** The runs of a worker, as counted by the task that runs them. */
export interface Runs {
  /** Includes the run that is under way. */
  readonly count: number;
  /** On the clock of the timer queue. */
  readonly lastStart: number;
  /** In ms; -1 until a run has ended. */
  readonly lastDuration: number;
}

/** Adds runs to a status that has the earlier ones. */
export function addRuns(status: WorkerStatus, runs: Runs): void {
  const { count, lastStart, lastDuration } = runs;
  if (!hasRun(runs)) return;
  status.runs += count;
  status.lastStart = Math.round(Date.now() + lastStart - TimerQueue.current().now());
  if (lastDuration >= 0) status.lastDuration = lastDuration;
}

/** Whether a run has started here, or has ended here after a start in another replica. */
export function hasRun({ count, lastDuration }: Runs): boolean {
  return count > 0 || lastDuration >= 0;
}
