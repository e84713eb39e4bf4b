import type { Bucket, Timer } from "./bucket.js";
import type { TimerQueue } from "./timer-queue.js";

/** How often the clocks are compared, in ms. */
const interval = 60_000;

/** By how much the clocks may drift apart, in ms. A wake-up that comes too early or too late by that is noticed in time. */
const tolerance = 5;

/**
 * Notices that the wall clock was set, or went on while the machine slept, within a minute: compares it with the clock of a timer
 * queue, once for all timers that wait for a time of the wall clock.
 */
export class WallClockWatch implements Timer {
  bucket: Bucket | undefined = undefined;
  slot = -1;
  readonly #queue: TimerQueue;
  readonly #onChange: () => void;
  /** The wall clock minus the clock of the queue when the timers were scheduled. */
  #offset: number;

  /** @param onChange called when the clocks disagree with what they were before */
  constructor(queue: TimerQueue, onChange: () => void) {
    this.#queue = queue;
    this.#onChange = onChange;
    this.#offset = this.#readOffset();
  }

  /** Does nothing if it watches already. */
  start(): void {
    if (this.bucket !== undefined) return;
    this.#offset = this.#readOffset();
    this.#queue.sleep(this, interval);
  }

  wake(): void {
    const offset = this.#readOffset();
    if (Math.abs(offset - this.#offset) > tolerance) {
      this.#offset = offset;
      this.#onChange();
    }
    this.#queue.sleep(this, interval);
  }

  #readOffset(): number {
    return Date.now() - this.#queue.now();
  }
}
