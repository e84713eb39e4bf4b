import type { Activity } from "../context/activity.js";
import { initialStatus } from "../context/worker-status.js";
import type { HungWorker } from "../errors/shutdown-timeout-error.js";
import { channels } from "../events/channels.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { NamedActivity } from "./named.js";
import { RunAll } from "./run-all.js";

/** A member of a roster that was told to stop. */
export interface Told {
  readonly member: NamedActivity;
  /** When, on the clock of the timer queue. */
  readonly toldAt: number;
}

/** The workers in a member that have not stopped. */
export function hungIn({ member, toldAt }: Told): HungWorker[] {
  const now = TimerQueue.current().now();
  return runningIn(member).map((activity) => {
    const status = initialStatus(activity.name);
    activity.describe(status);
    // Its group may have told it before.
    const { parent } = activity;
    const toldByGroup = activity !== member && parent instanceof RunAll ? parent.toldToStopAt : undefined;
    const since = toldByGroup ?? toldAt;
    return { worker: activity.name, phase: status.phase, hungFor: Math.round(now - since) };
  });
}

/** Publishes who hangs. */
export function tellHung(hung: readonly HungWorker[]): void {
  if (channels.hung.isObserved) for (const each of hung) channels.hung.publish(each);
}

/** The workers in a member that run: of those that contain each other, the innermost. */
export function runningIn(member: NamedActivity): Activity[] {
  const running: Activity[] = [];
  member.listRunning(running);
  return running;
}
