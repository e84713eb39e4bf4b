import type { TimerQueue } from "./timer-queue.js";

/** A timer that a {@link TimerQueue} can wake. Only the queue writes `bucket` and `slot`. */
export interface Timer {
  /** The bucket that the timer waits in; undefined if it does not wait. */
  bucket: Bucket | undefined;
  /** The index of the timer in its bucket. */
  slot: number;
  /** Whether what it waits for is a time of the wall clock, or follows from one. Never changes. */
  readonly followsWallClock?: boolean;
  /** Called when the timer is due; it no longer waits by then. Must not throw. */
  wake(): void;
}

/** The number of holes that a bucket may have before it is compacted, however few timers are left. */
const minHoles = 16;

/**
 * Timers that are due at the same tick, or at ticks close together, in insertion order. Any timer is removed in constant time: it
 * leaves a hole, and the bucket is compacted once there are three holes for each timer.
 */
export class Bucket {
  readonly queue: TimerQueue;
  #timers: (Timer | undefined)[] = [];
  /** The due tick of each timer. In an array of its own: a number in a field of an object may cost a heap number. */
  #ticks: number[] = [];
  #size = 0;
  #first = Number.POSITIVE_INFINITY;
  /** How many slots have been shifted out, holes included. */
  #shifted = 0;

  constructor(queue: TimerQueue) {
    this.queue = queue;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** A lower bound of the due ticks in this bucket. The timer that was due then may have been removed since. */
  get first(): number {
    return this.#first;
  }

  tickOf(timer: Timer): number {
    return this.#ticks[timer.slot] ?? Number.NaN;
  }

  add(timer: Timer, tick: number): void {
    timer.bucket = this;
    timer.slot = this.#timers.length;
    this.#timers.push(timer);
    this.#ticks.push(tick);
    this.#size++;
    if (tick < this.#first) this.#first = tick;
  }

  remove(timer: Timer): void {
    timer.bucket = undefined;
    this.#timers[timer.slot] = undefined;
    this.#size--;
    if (this.#timers.length > 4 * this.#size + minHoles) this.#compact();
    if (this.#size === 0) this.#first = Number.POSITIVE_INFINITY;
  }

  /** Removes and returns the timer that was added first; undefined if the bucket is empty. */
  shift(): Timer | undefined {
    while (this.#size > 0) {
      const timer = this.#timers[this.#shifted];
      this.#timers[this.#shifted++] = undefined;
      if (timer === undefined) continue;
      timer.bucket = undefined;
      this.#size--;
      return timer;
    }
    return undefined;
  }

  /** Calls `visit` with each timer and its tick, in insertion order. */
  forEach(visit: (timer: Timer, tick: number) => void): void {
    for (let slot = 0; slot < this.#timers.length; slot++) {
      const timer = this.#timers[slot];
      if (timer !== undefined) visit(timer, this.tickOf(timer));
    }
  }

  #compact(): void {
    let kept = 0;
    this.forEach((timer, tick) => {
      this.#timers[kept] = timer;
      this.#ticks[kept] = tick;
      timer.slot = kept++;
    });
    this.#timers.length = kept;
    this.#ticks.length = kept;
    this.#shifted = 0;
  }
}
