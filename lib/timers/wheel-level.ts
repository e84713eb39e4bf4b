import { Bucket, type Keeper, type Timer } from "./bucket.js";

/** So many buckets make one turn of a level, and one bucket of the next. */
const size = 256;

/** One level of a timing wheel: a turn of buckets, each as many ticks wide. */
export class WheelLevel {
  readonly #width: number;
  readonly #buckets = new Array<Bucket | undefined>(size).fill(undefined);
  /** The first tick after the present turn. */
  #end: number;

  /** @param level 0 is the lowest, where a bucket is a tick */
  constructor(level: number) {
    this.#width = size ** level;
    this.#end = size * this.#width;
  }

  /** Whether a tick is in the present turn, or before it. */
  covers(tick: number): boolean {
    return tick < this.#end;
  }

  /** Begins the turn that a tick is in, if it is not the present one. */
  turnTo(tick: number): void {
    const turn = size * this.#width;
    if (tick >= this.#end) this.#end = (Math.floor(tick / turn) + 1) * turn;
  }

  bucketAt(tick: number, keeper: Keeper): Bucket {
    return (this.#buckets[this.#slotOf(tick)] ??= new Bucket(keeper));
  }

  take(tick: number): Bucket | undefined {
    const slot = this.#slotOf(tick);
    const bucket = this.#buckets[slot];
    this.#buckets[slot] = undefined;
    return bucket;
  }

  /** The first tick of what is to come in the buckets after that of `now`. */
  firstAfter(now: number): number | undefined {
    for (let slot = this.#slotOf(now) + 1; slot < size; slot++) {
      const bucket = this.#buckets[slot];
      if (bucket !== undefined && !bucket.isEmpty) return bucket.first;
    }
    return undefined;
  }

  forEach(visit: (timer: Timer, tick: number) => void): void {
    for (const bucket of this.#buckets) bucket?.forEach(visit);
  }

  #slotOf(tick: number): number {
    return Math.floor(tick / this.#width) % size;
  }
}
