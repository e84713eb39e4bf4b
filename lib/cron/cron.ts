import type { Schedule } from "../chain/schedule.js";
import { checkOptions } from "../errors/check-options.js";
import { readProperty, showValue } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { nearestNames } from "../errors/nearest-names.js";
import { CronPattern } from "./cron-pattern.js";
import { WallClock } from "./wall-clock.js";

export interface CronOptions {
  /** An IANA name, such as `"Europe/Berlin"`. The time zone of the process by default. */
  readonly timezone?: string | undefined;
}

/**
 * The times that match a cron pattern, on the wall clock of a time zone: `minute hour day month weekday`, optionally with a field
 * for seconds before and one for years after those, or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
 *
 * A fixed time that the clock skips when daylight saving begins is due right after the gap, and one that it shows twice when
 * daylight saving ends is due the first time only. A pattern is a fixed time unless a wildcard or a step gives its seconds,
 * minutes or hours several values; such a pattern is due whenever the clock shows a time that matches, so that what is due every
 * hour or more often continues through both. February 29 is due in leap years. The year 3000 is the last in which a pattern
 * without a year is due.
 *
 * The pattern and the options are checked when the schedule is first used: by {@link repeat}, or at bootstrap.
 * @see {@link https://croner.56k.guru} for the dialect. A date is not a pattern here.
 */
export function cron(pattern: string, options: CronOptions = {}): Schedule {
  return new CronSchedule(pattern, options);
}

class CronSchedule implements Schedule {
  readonly pattern: string;
  readonly timezone?: string;
  readonly #options: unknown;
  #times: CronTimes | undefined;

  constructor(pattern: string, options: unknown) {
    this.pattern = pattern;
    const timezone = readProperty(options, "timezone");
    if (typeof timezone === "string") this.timezone = timezone;
    this.#options = options;
  }

  next(after: Date): Date | null {
    this.#times ??= new CronTimes(readPattern(this.pattern), readTimezone(this.#options));
    const time = this.#times.firstAfter(after.getTime());
    return time === Number.POSITIVE_INFINITY ? null : new Date(time);
  }
}

/** The first and the last year that a pattern can name. */
const firstTime = Date.parse("0001-01-01T00:00Z");
const lastTime = Date.parse("9999-12-31T23:59:59.999Z");

/** When a wall clock shows what a pattern matches. Times are in ms since the epoch; Infinity is none. */
class CronTimes {
  readonly #pattern: CronPattern;
  readonly #clock: WallClock;

  constructor(pattern: CronPattern, clock: WallClock) {
    this.#pattern = pattern;
    this.#clock = clock;
  }

  firstAfter(after: number): number {
    if (Number.isNaN(after))
      throw new InvalidArgumentError("A cron schedule was asked for the time after an invalid date: use a valid one");
    if (after > lastTime) return Number.POSITIVE_INFINITY;
    const from = Math.max(after + 1, firstTime);
    return this.#pattern.isFixedTime ? this.#firstFixed(from) : this.#firstElapsed(from);
  }

  /**
   * The first time at or after `from`, with each matching reading due once: when it is first shown, or at the end of the gap in
   * which it is.
   */
  #firstFixed(from: number): number {
    const { at, before, after } = this.#clock.changeNear(from);
    // All earlier readings were due before `from`: those in a gap until `at`, those shown twice the first time.
    const reading = this.#pattern.firstReading(from <= at ? from + before : Math.max(from + after, at + before));
    if (reading === Number.POSITIVE_INFINITY) return reading;
    const change = this.#clock.changeNear(reading);
    return reading < change.at + change.before ? reading - change.before : Math.max(change.at, reading - change.after);
  }

  /** The first time at or after `from` at which the clock shows a matching reading. */
  #firstElapsed(from: number): number {
    const near = this.#clock.changeNear(from);
    if (from < near.at) {
      const due = this.#pattern.firstReading(from + near.before) - near.before;
      return due < near.at ? due : this.#firstElapsed(near.at);
    }
    const reading = this.#pattern.firstReading(from + near.after);
    if (reading === Number.POSITIVE_INFINITY) return reading;
    const change = this.#clock.changeNear(reading);
    if (change.at > from && reading < change.at + change.before) return reading - change.before;
    const due = reading - change.after;
    return due >= change.at ? due : this.#firstElapsed(change.at);
  }
}

function readPattern(pattern: unknown): CronPattern {
  if (typeof pattern === "string") return new CronPattern(pattern);
  throw new InvalidArgumentError(`The cron pattern is ${showValue(pattern)}: use a string, such as "0 3 * * *"`);
}

function readTimezone(options: unknown): WallClock {
  const { timezone } = checkOptions("cron", options, ["timezone"]);
  if (timezone !== undefined && typeof timezone !== "string") throw unknownTimezone(timezone, "");
  try {
    return new WallClock(timezone);
  } catch {
    throw unknownTimezone(timezone, nearestTimezones(timezone ?? ""));
  }
}

function unknownTimezone(timezone: unknown, near: string): InvalidArgumentError {
  const fix = `use an IANA name, such as "Europe/Berlin"${near}`;
  return new InvalidArgumentError(`The time zone of a cron schedule is ${showValue(timezone)}: ${fix}`);
}

/** The rest of the message, if there are names that were probably meant. */
function nearestTimezones(timezone: string): string {
  const near = nearestNames(timezone.slice(0, 50), Intl.supportedValuesOf("timeZone"));
  return near.startsWith("did you mean") ? `; ${near}` : "";
}
