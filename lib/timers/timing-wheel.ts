import { Bucket, type Keeper, type Timer } from "./bucket.js";
import { WheelLevel } from "./wheel-level.js";

/**
 * Orders timers by the tick at which they are due. Adding, removing and finding the next one take constant time.
 *
 * This is a hierarchical timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987). On the lowest level a
 * bucket is one tick, on each of the others a whole turn of the level below. A timer is on the lowest level whose current turn
 * contains its tick; when time enters a bucket of a higher level, its timers move down.
 */
export class TimingWheel {
  readonly #keeper: Keeper;
  readonly #ticks = new WheelLevel(0);
  /** The last one turns once in 49.7 days, if a tick is a ms. */
  readonly #coarser = [new WheelLevel(1), new WheelLevel(2), new WheelLevel(3)];
  /** Timers beyond the current turn of every level. */
  #far: Bucket;
  /** Timers that were due already when they were added. */
  #overdue: Bucket;
  /** All timers that were due at this tick or before have been removed. */
  #now = -1;
  /** No later timer is due before this tick. */
  #next = Number.POSITIVE_INFINITY;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    this.#far = new Bucket(keeper);
    this.#overdue = new Bucket(keeper);
  }

  add(timer: Timer, tick: number): void {
    this.#bucketFor(tick).add(timer, tick);
    if (tick < this.#next && tick > this.#now) this.#next = tick;
  }

  #bucketFor(tick: number): Bucket {
    if (tick <= this.#now) return this.#overdue;
    if (this.#ticks.covers(tick)) return this.#ticks.bucketAt(tick, this.#keeper);
    return this.#coarser.find((level) => level.covers(tick))?.bucketAt(tick, this.#keeper) ?? this.#far;
  }

  /**
   * The tick before which no timer is due: a past tick if one is overdue, Infinity without timers. The timer that was due then
   * may have been removed since.
   */
  get next(): number {
    return this.#overdue.isEmpty ? this.#next : this.#now;
  }

  /** The last tick at which timers were removed. */
  get now(): number {
    return this.#now;
  }

  /** Calls back with all timers and their ticks; those of one tick in the order in which they were added. */
  forEach(visit: (timer: Timer, tick: number) => void): void {
    this.#overdue.forEach(visit);
    for (const level of [this.#ticks, ...this.#coarser]) level.forEach(visit);
    this.#far.forEach(visit);
  }

  /**
   * Removes all timers that are due at a tick or before: first those that were due already when they were added, in that order,
   * and then the others in the order of their ticks.
   */
  takeDue(tick: number): Bucket[] {
    const due: Bucket[] = [];
    if (!this.#overdue.isEmpty) {
      due.push(this.#overdue);
      this.#overdue = new Bucket(this.#keeper);
    }
    while (this.#next <= tick) {
      this.#turnTo(this.#next);
      const bucket = this.#ticks.take(this.#next);
      if (bucket !== undefined) due.push(bucket);
      this.#now = this.#next;
      this.#next = this.#firstToCome();
    }
    return due;
  }

  #firstToCome(): number {
    let first = this.#ticks.firstAfter(this.#now);
    for (const level of this.#coarser) first ??= level.firstAfter(this.#now);
    return first ?? this.#far.first;
  }

  /** Moves the timers of the buckets that contain a tick to lower levels. No timer may be due before it. */
  #turnTo(tick: number): void {
    if (this.#ticks.covers(tick)) return;
    this.#ticks.turnTo(tick);
    // From the lowest level up, so that the turns of the lower levels have started already.
    for (const level of this.#coarser) {
      const isNewTurn = !level.covers(tick);
      level.turnTo(tick);
      const entered = level.take(tick);
      if (entered !== undefined) this.#putAgain(entered);
      if (!isNewTurn) return;
    }
    const far = this.#far;
    this.#far = new Bucket(this.#keeper);
    this.#putAgain(far);
  }

  #putAgain(bucket: Bucket): void {
    bucket.forEach((timer, tick) => {
      this.add(timer, tick);
    });
  }
}
