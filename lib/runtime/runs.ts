import { TimerQueue } from "../timers/timer-queue.js";
import type { WorkerStatus } from "./worker-status.js";

/**
 * What has been run. Kept by whoever runs it, and handed upwards when that ends: a report of every run would touch every link
 * of the chain, and cost more than the rest of the run.
 */
export interface Runs {
  /** The one that still runs included. */
  readonly count: number;
  /** On the clock of the timer queue. */
  readonly lastStart: number;
  /** In ms; -1 as long as none has ended. */
  readonly lastDuration: number;
}

/** Adds runs to a status; they are later than those that are in it. */
export function addRuns(status: WorkerStatus, runs: Runs): void {
  const { count, lastStart, lastDuration } = runs;
  if (!hasRun(runs)) return;
  status.runs += count;
  status.lastStart = Math.round(Date.now() + lastStart - TimerQueue.current().now());
  if (lastDuration >= 0) status.lastDuration = lastDuration;
}

/** Whether a run has begun, or one has ended that had begun elsewhere. */
export function hasRun({ count, lastDuration }: Runs): boolean {
  return count > 0 || lastDuration >= 0;
}
