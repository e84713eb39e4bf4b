import { showUnlessText } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
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
  if (typeof maxRestarts !== "number" || !Number.isInteger(maxRestarts) || maxRestarts < 0) {
    throw new InvalidArgumentError(`maxRestarts is ${showUnlessText(maxRestarts)}: pass a whole number, 0 or more`);
  }
  const window = within === undefined ? undefined : parseDuration(within);
  if (window === 0)
    throw new InvalidArgumentError("within is 0, a window that holds no failure: pass a duration above 0, or leave it out");
  return { maxRestarts, within: window };
}

/** Counts failures against a limit. */
export class RestartCount {
  readonly #limit: RestartLimit;
  /** The times of the failures, the oldest first. Those before index `#first` have left the window. */
  #failedAt: number[];
  #first = 0;

  /** @param recent the times of failures that were counted in another replica */
  constructor(limit: RestartLimit, recent: readonly number[] = []) {
    this.#limit = limit;
    this.#failedAt = [...recent];
  }

  /** The times of the failures within the window. */
  get recent(): readonly number[] {
    return this.#failedAt.slice(this.#first);
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
    this.#failedAt.push(now);
    this.#forgetBefore(now - within);
    return this.#failedAt.length - this.#first > maxRestarts ? `${restarts} within ${formatDuration(within)}` : undefined;
  }

  /** Costs the same for each failure, however many the window holds. */
  #forgetBefore(time: number): void {
    while (this.#first < this.#failedAt.length && (this.#failedAt[this.#first] ?? 0) <= time) this.#first++;
    if (2 * this.#first <= this.#failedAt.length) return;
    this.#failedAt = this.#failedAt.slice(this.#first);
    this.#first = 0;
  }
}
