import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { describeKind } from "../errors/show-value.js";

let source: (() => number) | undefined;

/** A random number from 0 up to, and without, 1: for every jitter of the library. */
export function random(): number {
  // Read at each call, so that a stub of Math.random has its effect.
  if (source === undefined) return Math.random();
  const value: unknown = source();
  return typeof value === "number" && value >= 0 && value < 1 ? value : 0;
}

/**
 * Replaces the source of all randomness of the library, so that a test or a simulation has the same jitters each time. Holds for
 * the whole process, until it is replaced again.
 * @param next returns a number from 0 up to, and without, 1, for example of a seeded generator; any other value counts as 0.
 * Undefined for `Math.random`, the default
 * @throws InvalidArgumentError if it is not a function
 */
export function setRandom(next: (() => number) | undefined): void {
  if (next !== undefined && typeof next !== "function") {
    throw new InvalidArgumentError(
      `setRandom was called with ${describeKind(next)}: pass a function that returns numbers from 0 to 1`,
    );
  }
  source = next;
}
