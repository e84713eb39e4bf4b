import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { showUnlessText } from "../errors/show-value.js";
import { parseDuration } from "../timers/duration.js";
import { formatDuration } from "../timers/format-duration.js";

/** The number of restarts that are allowed: within a sliding window, or in a row without one. */
export interface RestartLimit {
  readonly maxRestarts: number;
  /** In ms. */
  readonly within: number | undefined;
}

/**
 * The limit that the two options define; undefined without `maxRestarts`.
 * @throws InvalidArgumentError if one is malformed, or there is a window without a limit
 */
export function restartLimit(maxRestarts: unknown, within: unknown): RestartLimit | undefined {
  if (maxRestarts === undefined) {
    if (within === undefined) return undefined;
    throw new InvalidArgumentError("within needs maxRestarts: pass the number of restarts that are allowed in that time");
  }
  if (!isWholeNumber(maxRestarts)) {
    throw new InvalidArgumentError(`maxRestarts is ${showUnlessText(maxRestarts)}: pass a whole number, 0 or more`);
  }
  const window = within === undefined ? undefined : parseDuration(within);
  if (window === 0)
    throw new InvalidArgumentError("within is 0, a window that holds no failure: pass a duration above 0, or leave it out");
  return { maxRestarts, within: window };
}

function isWholeNumber(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** Counts failures against a limit. Its memory and the cost of a failure do not depend on how long it counts. */
export class RestartCount {
  readonly #limit: RestartLimit;
  /** The times of the last failures, one more than the restarts that are allowed: a ring, with a window only. */
  readonly #failedAt: number[];
  /** Where in the ring the next time is written: over the oldest, once the ring is full. */
  #next: number;

  /** @param recent the times of failures that were counted in another replica */
  constructor(limit: RestartLimit, recent: readonly number[] = []) {
    const size = limit.maxRestarts + 1;
    this.#limit = limit;
    this.#failedAt = recent.slice(-size);
    this.#next = this.#failedAt.length % size;
  }

  /** The times of the last failures, the oldest first. Later failures need no others to be counted. */
  get recent(): readonly number[] {
    return [...this.#failedAt.slice(this.#next), ...this.#failedAt.slice(0, this.#next)];
  }

  /**
   * Counts one more failure.
   * @param inARow the number of failures in a row, this one included
   * @returns the limit in words if this failure exceeds it
   */
  countFailure(now: number, inARow: number): string | undefined {
    const { maxRestarts, within } = this.#limit;
    const restarts = maxRestarts === 1 ? "1 restart" : `${maxRestarts} restarts`;
    if (within === undefined) return inARow > maxRestarts ? `${restarts} in a row` : undefined;
    this.#failedAt[this.#next] = now;
    this.#next = (this.#next + 1) % (maxRestarts + 1);
    const oldest = this.#failedAt[this.#next];
    return oldest !== undefined && oldest > now - within ? `${restarts} within ${formatDuration(within)}` : undefined;
  }
}
