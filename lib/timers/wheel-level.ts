import { Bucket, type Timer } from "./bucket.js";
import type { TimerQueue } from "./timer-queue.js";

/** The number of buckets of a level. One revolution of a level is as long as one bucket of the next. */
const bucketCount = 256;

/** One level of a timing wheel: a revolution of buckets, each of the same number of ticks. */
export class WheelLevel {
  /** The number of ticks of a bucket. */
  readonly #width: number;
  readonly #buckets = new Array<Bucket | undefined>(bucketCount).fill(undefined);
  /** The first tick after the current revolution. */
  #end: number;

  /** @param level 0 is the lowest level, where a bucket is one tick */
  constructor(level: number) {
    this.#width = bucketCount ** level;
    this.#end = bucketCount * this.#width;
  }

  /** Returns whether a tick is in the current revolution, or before it. */
  covers(tick: number): boolean {
    return tick < this.#end;
  }

  /** Starts the revolution that contains the tick, unless that is the current one. */
  advanceTo(tick: number): void {
    const revolution = bucketCount * this.#width;
    if (tick >= this.#end) this.#end = (Math.floor(tick / revolution) + 1) * revolution;
  }

  /** Returns the bucket of a tick, and creates it if there is none. */
  bucketAt(tick: number, queue: TimerQueue): Bucket {
    return (this.#buckets[this.#indexOf(tick)] ??= new Bucket(queue));
  }

  /** Removes and returns the bucket of a tick. */
  take(tick: number): Bucket | undefined {
    const index = this.#indexOf(tick);
    const bucket = this.#buckets[index];
    this.#buckets[index] = undefined;
    return bucket;
  }

  /** Returns the first due tick in the buckets after the one of `now`; undefined if those are empty. */
  firstAfter(now: number): number | undefined {
    for (let index = this.#indexOf(now) + 1; index < bucketCount; index++) {
      const bucket = this.#buckets[index];
      if (bucket !== undefined && !bucket.isEmpty) return bucket.first;
    }
    return undefined;
  }

  forEach(visit: (timer: Timer, tick: number) => void): void {
    for (const bucket of this.#buckets) bucket?.forEach(visit);
  }

  #indexOf(tick: number): number {
    return Math.floor(tick / this.#width) % bucketCount;
  }
}
