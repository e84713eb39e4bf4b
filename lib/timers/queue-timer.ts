import type { Bucket, Timer } from "./bucket.js";
import { TimerQueue } from "./timer-queue.js";

/** One timer in the timer queue. It keeps the process alive while it is set. */
export class QueueTimer implements Timer {
  /** Written by the timer queue alone, like {@link slot}. */
  bucket: Bucket | undefined = undefined;
  slot = -1;
  readonly #onWake: () => void;

  /** @param onWake called when the time has come; must not throw */
  constructor(onWake: () => void) {
    this.#onWake = onWake;
  }

  get isSet(): boolean {
    return this.bucket !== undefined;
  }

  /** Wakes after `ms`, instead of whenever it was set for before. */
  sleep(ms: number): void {
    TimerQueue.current().sleep(this, ms);
  }

  /** Wakes at `due` on the clock of the timer queue. */
  sleepUntil(due: number): void {
    TimerQueue.current().schedule(this, due);
  }

  cancel(): void {
    this.bucket?.keeper.cancel(this);
  }

  wake(): void {
    this.#onWake();
  }
}
