import { inspect } from "node:util";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { parseDuration } from "../time/duration.js";
import { formatDuration } from "../time/format-duration.js";

/** How often something may be restarted: within a sliding window, or in a row if there is none. */
export interface RestartLimit {
  readonly maxRestarts: number;
  /** In ms. */
  readonly within: number | undefined;
}

/**
 * The limit that the two options make, if they make one.
 * @throws InvalidArgumentError if one is malformed, or there is a window without a limit
 */
export function restartLimit(maxRestarts: unknown, within: unknown): RestartLimit | undefined {
  if (maxRestarts === undefined) {
    if (within === undefined) return undefined;
    throw new InvalidArgumentError("within is given without maxRestarts: say how many restarts there may be in that time");
  }
  if (typeof maxRestarts !== "number" || !Number.isInteger(maxRestarts) || maxRestarts < 0) {
    throw new InvalidArgumentError(`maxRestarts is ${inspect(maxRestarts)}: give a whole number, 0 or more`);
  }
  const window = within === undefined ? undefined : parseDuration(within);
  if (window === 0)
    throw new InvalidArgumentError("within is 0, a window that holds no failure: give a duration above 0, or none");
  return { maxRestarts, within: window };
}

/** Counts failures against a limit. */
export class RestartCount {
  readonly #limit: RestartLimit;
  /** When there were failures, as far back as the window reaches. */
  #recent: readonly number[];

  /** @param recent those of which another count knows */
  constructor(limit: RestartLimit, recent: readonly number[] = []) {
    this.#limit = limit;
    this.#recent = recent;
  }

  get recent(): readonly number[] {
    return this.#recent;
  }

  /**
   * Counts one more failure.
   * @param inARow how many in a row it makes
   * @returns the limit in words, if that is one too many
   */
  limitBrokenBy(now: number, inARow: number): string | undefined {
    const { maxRestarts, within } = this.#limit;
    const restarts = maxRestarts === 1 ? "1 restart" : `${maxRestarts} restarts`;
    if (within === undefined) return inARow > maxRestarts ? `${restarts} in a row` : undefined;
    this.#recent = [...this.#recent.filter((failedAt) => failedAt > now - within), now];
    return this.#recent.length > maxRestarts ? `${restarts} within ${formatDuration(within)}` : undefined;
  }
}
