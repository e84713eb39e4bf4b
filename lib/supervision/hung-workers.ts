import type { NamedTask } from "../chain/named.js";
import type { HungWorker } from "../errors/shutdown-timeout-error.js";
import { channels } from "../events/channels.js";
import type { Task } from "../runtime/task.js";
import { initialStatus } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { RunAll } from "./run-all.js";

/** A member of a roster that was told to stop. */
export interface StopRequest {
  readonly member: NamedTask;
  /** When, on the clock of the timer queue. */
  readonly toldAt: number;
}

/** The workers in a member that have not stopped. */
export function hungIn({ member, toldAt }: StopRequest): HungWorker[] {
  const now = TimerQueue.current().now();
  return runningIn(member).map((task) => {
    const status = initialStatus(task.name);
    task.describe(status);
    // Its group may have told it before.
    const { parent } = task;
    const toldByGroup = task !== member && parent instanceof RunAll ? parent.toldToStopAt : undefined;
    const since = toldByGroup ?? toldAt;
    return { worker: task.name, phase: status.phase, hungFor: Math.round(now - since) };
  });
}

/** Publishes who hangs. */
export function tellHung(hung: readonly HungWorker[]): void {
  if (channels.hung.isObserved) for (const each of hung) channels.hung.publish(each);
}

/** The workers in a member that run: of those that contain each other, the innermost. */
export function runningIn(member: NamedTask): Task[] {
  const running: Task[] = [];
  member.listRunning(running);
  return running;
}
