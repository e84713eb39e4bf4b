import { checkOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { showUnlessText } from "../errors/show-value.js";
import { type Duration, parseOption } from "../timers/duration.js";
import { random } from "../timers/random.js";
import type { Backoff } from "./backoff.js";

export interface ExponentialBackoffOptions {
  /** The delay before attempt 1, the first after a failure. */
  readonly initial: Duration;
  /** The longest delay. */
  readonly max: Duration;
  /** The part of a delay by which it may be shortened at random, from 0, the default, to 1. */
  readonly jitterProportion?: number;
  /** Returns a random number from 0 to 1. `Math.random`, or that of {@link setRandom}, by default. */
  readonly random?: () => number;
}

const known = ["initial", "max", "jitterProportion", "random"] satisfies (keyof ExponentialBackoffOptions)[];

/**
 * Doubles the delay with each attempt: `initial · 2^(attempt - 1)`, capped at `max`, then shortened by a random part of up
 * to `jitterProportion`. As the jitter comes after the cap, delays at the cap are spread as well. Never negative, never NaN,
 * never above `max`, however high the attempt.
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/} for why jitter helps
 */
export class ExponentialBackoff implements Backoff {
  /** In ms. */
  readonly initial: number;
  /** In ms. */
  readonly max: number;
  readonly jitterProportion: number;
  readonly #random: (() => number) | undefined;

  /** @throws InvalidArgumentError if an option is malformed or does not exist */
  constructor(options: ExponentialBackoffOptions) {
    const { initial, max, jitterProportion = 0, random } = checkOptions("ExponentialBackoff", options, known);
    this.initial = parseOption("initial", initial);
    this.max = parseOption("max", max);
    if (typeof jitterProportion !== "number" || !(jitterProportion >= 0 && jitterProportion <= 1)) {
      throw new InvalidArgumentError(`jitterProportion is ${showUnlessText(jitterProportion)}: use a number from 0 to 1`);
    }
    if (random !== undefined && typeof random !== "function") {
      throw new InvalidArgumentError(`random is ${showUnlessText(random)}: pass a function that returns a number from 0 to 1`);
    }
    this.jitterProportion = jitterProportion;
    this.#random = random;
  }

  duration(attempt: number): number {
    if (!(attempt > 0)) return 0;
    // 2^1023 is the largest power that is finite; beyond it 0 · ∞ would be NaN.
    const delay = Math.min(this.max, this.initial * 2 ** Math.min(attempt - 1, 1_023));
    const chance = this.#random === undefined ? random() : this.#random();
    // A random value that is not a number shortens nothing.
    return chance > 0 ? delay * (1 - this.jitterProportion * Math.min(chance, 1)) : delay;
  }
}
