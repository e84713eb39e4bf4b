import { Bucket, type Keeper, type Timer } from "./bucket.js";

/** The number of buckets of a level, which together are one bucket of the next level. */
const size = 256;

/** One level of a timing wheel: a turn of buckets of equal width. */
export class WheelLevel {
  readonly #width: number;
  readonly #buckets = new Array<Bucket | undefined>(size).fill(undefined);
  /** The first tick after the current turn. */
  #end: number;

  /** @param level 0 is the lowest, where a bucket is a tick */
  constructor(level: number) {
    this.#width = size ** level;
    this.#end = size * this.#width;
  }

  /** Whether a tick is in the current turn or before it. */
  covers(tick: number): boolean {
    return tick < this.#end;
  }

  /** Starts the turn that contains a tick, if it is not the current one. */
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

  /** The first tick of the timers in the buckets after that of `now`. */
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
