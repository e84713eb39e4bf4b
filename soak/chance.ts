import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Something that may be chosen, and how often in proportion to the others. */
export type Weighted<Choice> = readonly [choice: Choice, weight: number];

/** Random choices: the same ones, in the same order, for the same seed. */
export class Chance {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param seed a whole number of 32 bits */
  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A whole number, both bounds included. */
  int(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.int(1, count) === 1;
  }

  /** @throws RangeError if there is nothing to choose from */
  pick<Choice>(choices: readonly Weighted<Choice>[]): Choice {
    let rest = this.int(1, choices.reduce((sum, [, weight]) => sum + weight, 0) || 1);
    for (const [choice, weight] of choices) if ((rest -= weight) <= 0) return choice;
    throw new RangeError("There is nothing to choose from");
  }

  /** @throws RangeError if there is none */
  oneOf<Item>(items: readonly Item[]): Item {
    const item = items[this.int(0, Math.max(0, items.length - 1))];
    if (item === undefined) throw new RangeError("There is nothing to choose from");
    return item;
  }

  /** Choices apart, for somebody whose turn to choose comes when real time has it. */
  fork(): Chance {
    return new Chance(this.int(-0x8000_0000, 0x7fff_ffff));
  }
}
