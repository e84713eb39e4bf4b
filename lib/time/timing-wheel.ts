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

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    this.#far = new Bucket(keeper);
    this.#overdue = new Bucket(keeper);
  }

  add(timer: Timer, tick: number): void {
    this.#bucketFor(tick).add(timer, tick);
  }

  #bucketFor(tick: number): Bucket {
    if (tick <= this.#now) return this.#overdue;
    if (this.#ticks.covers(tick)) return this.#ticks.bucketAt(tick, this.#keeper);
    return this.#coarser.find((level) => level.covers(tick))?.bucketAt(tick, this.#keeper) ?? this.#far;
  }

  /** The tick at which something is due next: one that is past, if something is overdue; infinite, if nothing is ever due. */
  get next(): number {
    return this.#overdue.isEmpty ? this.#nextToCome : this.#now;
  }

  get #nextToCome(): number {
    const now = this.#now;
    let next = this.#ticks.firstAfter(now);
    for (let i = 0; next === undefined && i < this.#coarser.length; i++) next = this.#coarser[i]?.firstAfter(now);
    return next ?? this.#far.first;
  }

  /** Takes out all that is due at a tick or before, in the order in which it is due. */
  takeDue(tick: number): Bucket[] {
    const due: Bucket[] = [];
    if (!this.#overdue.isEmpty) {
      due.push(this.#overdue);
      this.#overdue = new Bucket(this.#keeper);
    }
    for (let next = this.#nextToCome; next <= tick; next = this.#nextToCome) {
      this.#turnTo(next);
      const bucket = this.#ticks.take(next);
      this.#now = next;
      if (bucket !== undefined) due.push(bucket);
    }
    return due;
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
