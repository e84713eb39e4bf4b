import type { Timer } from "../timers/bucket.js";
import type { Phase, WorkerStatus } from "./worker-status.js";

/** If it waits for the timer queue: what for, and until when. */
export function describeSleep(status: WorkerStatus, sleeper: Timer, phase: Phase): void {
  const due = sleeper.bucket?.keeper.dueOf(sleeper);
  if (sleeper.bucket === undefined || due === undefined) return;
  status.phase = phase;
  if (phase !== "paused" && due < Number.POSITIVE_INFINITY)
    status.nextDue = Math.round(Date.now() + due - sleeper.bucket.keeper.now());
}
