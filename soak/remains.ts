import { setImmediate as turn } from "node:timers/promises";

const looks = 10;

/** What is over, and has to be garbage some time later: whoever still holds it leaks. A count has none of the noise of the heap's size. */
export class Remains {
  readonly #left = new Map<string, number>();
  #watched = 0;
  readonly #registry = new FinalizationRegistry<string>((what) => this.#count(what, -1));

  /** How many there were. */
  get watched(): number {
    return this.#watched;
  }

  /** @param what it is, in the plural, for a message */
  watch(what: string, remains: object): void {
    this.#watched++;
    this.#count(what, 1);
    this.#registry.register(remains, what);
  }

  /**
   * How many are not garbage, of each kind: the least that there were in several looks, as others come to be over meanwhile. Has the
   * collector called, and gives it the turns of the event loop that it needs.
   */
  async left(collect: () => void): Promise<ReadonlyMap<string, number>> {
    const least = new Map(this.#left);
    for (let look = 0; look < looks; look++) {
      collect();
      await turn();
      for (const [what, count] of this.#left) least.set(what, Math.min(count, least.get(what) ?? count));
    }
    return least;
  }

  #count(what: string, change: number): void {
    this.#left.set(what, (this.#left.get(what) ?? 0) + change);
  }
}
