import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A choice and its weight: it is picked in proportion to the weights of the others. */
export type Weighted<Choice> = readonly [choice: Choice, weight: number];

export function times<const Choice>(weight: number, choice: Choice): Weighted<Choice> {
  return [choice, weight];
}

/** A seeded source of randomness: the same seed yields the same values in the same order. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param seed a whole number of 32 bits */
  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.int(1, count) === 1;
  }

  /** @throws RangeError if `choices` is empty */
  pick<Choice>(choices: readonly Weighted<Choice>[]): Choice {
    let rest = this.int(1, choices.reduce((sum, [, weight]) => sum + weight, 0) || 1);
    for (const [choice, weight] of choices) if ((rest -= weight) <= 0) return choice;
    throw new RangeError("there is nothing to choose from");
  }

  /** @throws RangeError if `items` is empty */
  oneOf<Item>(items: readonly Item[]): Item {
    return this.pick(items.map((item) => times(1, item)));
  }

  /** An independent source, for a user that draws values at moments that real time decides. */
  fork(): Random {
    return new Random(this.int(-0x8000_0000, 0x7fff_ffff));
  }
}
