import { Bucket, type Keeper, type Timer } from "./bucket.js";
import { WheelLevel } from "./wheel-level.js";

/**
 * Timers by the tick at which they are due. To add one, to take one out and to find who is next costs the same however many
 * there are.
 *
 * This is a hierarchical timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987). On the lowest level
 * a bucket is one tick, on each of the others as much as a turn of the level below. A timer lies on the lowest level whose
 * present turn its tick is in; when time enters a bucket of a higher level, what is in there is put in again, further down.
 */
export class TimingWheel {
  readonly #keeper: Keeper;
  readonly #ticks = new WheelLevel(0);
  /** The last one turns once in 49.7 days, if a tick is a ms. */
  readonly #coarser = [new WheelLevel(1), new WheelLevel(2), new WheelLevel(3)];
  /** What is beyond the present turns. */
  #far: Bucket;
  /** What was due already when it was added. */
  #overdue: Bucket;
  /** Whatever was due at this tick or before has been taken out. */
  #now = -1;
  /** Nothing to come is due before that. */
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
   * The tick before which nothing is due: one that is past, if something is overdue; infinite, if nothing is ever due. It may
   * have been said of a timer that has been taken out since.
   */
  get next(): number {
    return this.#overdue.isEmpty ? this.#next : this.#now;
  }

  /** The last tick at which anything was taken out. */
  get now(): number {
    return this.#now;
  }

  /** Calls back with all that wait, and their ticks: those of one tick in the order in which they came. */
  forEach(visit: (timer: Timer, tick: number) => void): void {
    this.#overdue.forEach(visit);
    for (const level of [this.#ticks, ...this.#coarser]) level.forEach(visit);
    this.#far.forEach(visit);
  }

  /**
   * Takes out all that is due at a tick or before: first what was due already when it was added, in the order in which it came,
   * and then the rest in the order in which it is due.
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

  /** Opens what a tick is in. Nothing may be due before it. */
  #turnTo(tick: number): void {
    if (this.#ticks.covers(tick)) return;
    this.#ticks.turnTo(tick);
    // From fine to coarse: where something is put again, the turn has begun already.
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
