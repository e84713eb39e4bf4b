import type { Bucket, Timer } from "../timers/bucket.js";
import { TimerQueue } from "../timers/timer-queue.js";

/** Something that waits in the timer queue from time to time, for one thing at a time. */
export abstract class Sleeper implements Timer {
  bucket: Bucket | undefined = undefined;
  slot = -1;

  get sleeping(): boolean {
    return this.bucket !== undefined;
  }

  protected sleep(ms: number): void {
    TimerQueue.current().sleep(this, ms);
  }

  /** Until a point in time on the clock of the timer queue. */
  protected sleepUntil(due: number): void {
    TimerQueue.current().schedule(this, due);
  }

  /** Until it is aborted, or woken by a change of its commands. Keeps the process alive like any other sleep. */
  protected sleepForever(): void {
    this.sleepUntil(Number.POSITIVE_INFINITY);
  }

  protected cancelSleep(): void {
    this.bucket?.keeper.cancel(this);
  }

  /** Ends a sleep before its time. */
  hurry(): void {
    if (!this.sleeping) return;
    this.cancelSleep();
    this.wake();
  }

  /** The time for which it slept has come. */
  wake(): void {}
}
