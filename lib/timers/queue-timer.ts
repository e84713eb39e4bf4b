import type { Bucket, Timer } from "./bucket.js";
import { TimerQueue } from "./timer-queue.js";

/**
 * A timer that can be set again and again, for an object that waits in the timer queue without being a timer itself. It is set
 * for at most one time: setting it again replaces the time before. It never wakes early, and keeps the process alive while it
 * is set.
 */
export class QueueTimer implements Timer {
  bucket: Bucket | undefined = undefined;
  slot = -1;
  readonly #onWake: () => void;

  /** @param onWake called each time the timer expires, when it is no longer set; must not throw */
  constructor(onWake: () => void) {
    this.#onWake = onWake;
  }

  /** Whether it waits. */
  get isSet(): boolean {
    return this.bucket !== undefined;
  }

  /** Expires after a number of ms; after 0, in the next turn of the event loop. */
  sleep(ms: number): void {
    TimerQueue.current().sleep(this, ms);
  }

  /** Expires at a time on the monotonic clock of the timer queue, in ms. Infinity means never. */
  sleepUntil(due: number): void {
    TimerQueue.current().schedule(this, due);
  }

  /** Clears the timer; `onWake` is not called. */
  cancel(): void {
    this.bucket?.queue.cancel(this);
  }

  /** Called by the timer queue. */
  wake(): void {
    this.#onWake();
  }
}
