import { Bucket, type Timer } from "./bucket.js";
import type { TimerQueue } from "./timer-queue.js";
import { WheelLevel } from "./wheel-level.js";

/**
 * Timers by due tick. Adding a timer, removing one and finding the next due tick take constant time, however many timers there
 * are.
 *
 * This is a hierarchical timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987). On the lowest level a
 * bucket is one tick; on each other level a bucket is one revolution of the level below. A timer is on the lowest level whose
 * current revolution contains its tick. When the time enters a bucket of a higher level, the timers of that bucket cascade to
 * lower levels.
 */
export class TimingWheel {
  readonly #queue: TimerQueue;
  readonly #lowest = new WheelLevel(0);
  /** One revolution of the last level takes 49.7 days, if a tick is a ms. */
  readonly #higher = [new WheelLevel(1), new WheelLevel(2), new WheelLevel(3)];
  /** Timers that are due after the current revolution of every level. */
  #overflow: Bucket;
  /** Timers that were already due when they were added. */
  #overdue: Bucket;
  /** All timers that were due at this tick or before have been taken. */
  #now = -1;
  /** A lower bound of the due ticks after {@link #now}. */
  #next = Number.POSITIVE_INFINITY;

  constructor(queue: TimerQueue) {
    this.#queue = queue;
    this.#overflow = new Bucket(queue);
    this.#overdue = new Bucket(queue);
  }

  add(timer: Timer, tick: number): void {
    this.#bucketFor(tick).add(timer, tick);
    if (tick < this.#next && tick > this.#now) this.#next = tick;
  }

  #bucketFor(tick: number): Bucket {
    if (tick <= this.#now) return this.#overdue;
    if (this.#lowest.covers(tick)) return this.#lowest.bucketAt(tick, this.#queue);
    return this.#higher.find((level) => level.covers(tick))?.bucketAt(tick, this.#queue) ?? this.#overflow;
  }

  /**
   * A lower bound of the due ticks: in the past if a timer is overdue, Infinity if no timer is ever due. The timer that was due
   * at this tick may have been removed since.
   */
  get next(): number {
    return this.#overdue.isEmpty ? this.#next : this.#now;
  }

  /** The last tick at which a timer was taken. */
  get now(): number {
    return this.#now;
  }

  /** Calls `visit` with every timer and its tick: timers of one tick in insertion order. */
  forEach(visit: (timer: Timer, tick: number) => void): void {
    this.#overdue.forEach(visit);
    for (const level of [this.#lowest, ...this.#higher]) level.forEach(visit);
    this.#overflow.forEach(visit);
  }

  /**
   * Removes and returns all timers that are due at a tick or before: first those that were already due when they were added, in
   * insertion order, then the others in the order of their ticks.
   */
  takeDue(tick: number): Bucket[] {
    const due: Bucket[] = [];
    if (!this.#overdue.isEmpty) {
      due.push(this.#overdue);
      this.#overdue = new Bucket(this.#queue);
    }
    while (this.#next <= tick) {
      this.#advanceTo(this.#next);
      const bucket = this.#lowest.take(this.#next);
      if (bucket !== undefined) due.push(bucket);
      this.#now = this.#next;
      this.#next = this.#findNext();
    }
    return due;
  }

  #findNext(): number {
    let next = this.#lowest.firstAfter(this.#now);
    for (const level of this.#higher) next ??= level.firstAfter(this.#now);
    return next ?? this.#overflow.first;
  }

  /** Advances all levels to a tick, and cascades the buckets that it enters. No timer may be due before the tick. */
  #advanceTo(tick: number): void {
    if (this.#lowest.covers(tick)) return;
    this.#lowest.advanceTo(tick);
    // From the lowest level up: a level that timers cascade to has already started its new revolution.
    for (const level of this.#higher) {
      const isNewRevolution = !level.covers(tick);
      level.advanceTo(tick);
      const entered = level.take(tick);
      if (entered !== undefined) this.#cascade(entered);
      if (!isNewRevolution) return;
    }
    const overflow = this.#overflow;
    this.#overflow = new Bucket(this.#queue);
    this.#cascade(overflow);
  }

  #cascade(bucket: Bucket): void {
    bucket.forEach((timer, tick) => {
      this.add(timer, tick);
    });
  }
}
