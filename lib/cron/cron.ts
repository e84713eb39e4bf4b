import type { Schedule } from "../chain/schedule.js";
import { checkOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { nearestNames } from "../errors/nearest-names.js";
import { readProperty } from "../errors/read-value.js";
import { showValue } from "../errors/show-value.js";
import { CronPattern } from "./cron-pattern.js";
import { WallClock } from "./wall-clock.js";

export interface CronOptions {
  /** The IANA name of a time zone, such as `"Europe/Berlin"`. The time zone of the process by default. */
  readonly timezone?: string | undefined;
}

/**
 * Returns a schedule of the times that match a cron pattern on the wall clock of a time zone. The fields are
 * `minute hour day month weekday`, optionally with a field for seconds before and one for years after those, or the pattern is
 * one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
 *
 * A fixed time that the clock skips when daylight saving begins is due right after the gap. A fixed time that the clock shows
 * twice when daylight saving ends is due the first time only. A pattern is a fixed time unless a wildcard or a step makes its
 * seconds, minutes or hours match several values; such a pattern is due whenever the clock shows a matching time, so that a job
 * that runs hourly or more often continues through both changes. February 29 is due in leap years. A pattern without a year is
 * due up to the year 3000.
 *
 * The pattern and the options are checked when the schedule is first used: by {@link repeat}, or at bootstrap.
 * @see {@link https://croner.56k.guru} for the dialect. Dates are not supported as patterns.
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

/** The start of the first year and the end of the last year that a pattern can name. */
const firstTime = Date.parse("0001-01-01T00:00Z");
const lastTime = Date.parse("9999-12-31T23:59:59.999Z");

/** The times at which the wall clock matches a pattern, in ms since the epoch; Infinity stands for none. */
class CronTimes {
  readonly #pattern: CronPattern;
  readonly #clock: WallClock;
  /** The last answer: the first time after `#after` is `#next`, and so it is after any time between them. */
  #after = Number.POSITIVE_INFINITY;
  #next = Number.POSITIVE_INFINITY;

  constructor(pattern: CronPattern, clock: WallClock) {
    this.#pattern = pattern;
    this.#clock = clock;
  }

  firstAfter(after: number): number {
    if (Number.isNaN(after)) throw new InvalidArgumentError("The date passed to a cron schedule is invalid: use a valid date");
    if (after > lastTime) return Number.POSITIVE_INFINITY;
    if (this.#clock.isFixed && after >= this.#after && after < this.#next) return this.#next;
    const from = Math.max(after + 1, firstTime);
    const next = this.#pattern.isFixedTime ? this.#firstFixed(from) : this.#firstMatching(from);
    this.#after = after;
    this.#next = next;
    return next;
  }

  /**
   * Returns the first due time at or after `from` of a fixed time. Each matching local time is due once: when the clock first
   * shows it, or at the end of the gap that skips it.
   */
  #firstFixed(from: number): number {
    const { at, before, after } = this.#clock.nearestChange(from);
    // All earlier local times were due before `from`: skipped ones at `at`, repeated ones when the clock first showed them.
    const local = this.#pattern.firstLocalTime(from <= at ? from + before : Math.max(from + after, at + before));
    if (local === Number.POSITIVE_INFINITY) return local;
    const change = this.#clock.nearestChange(local);
    return local < change.at + change.before ? local - change.before : Math.max(change.at, local - change.after);
  }

  /** Returns the first time at or after `from` at which the clock shows a matching local time. */
  #firstMatching(from: number): number {
    const near = this.#clock.nearestChange(from);
    if (from < near.at) {
      const due = this.#pattern.firstLocalTime(from + near.before) - near.before;
      return due < near.at ? due : this.#firstMatching(near.at);
    }
    const local = this.#pattern.firstLocalTime(from + near.after);
    if (local === Number.POSITIVE_INFINITY) return local;
    const change = this.#clock.nearestChange(local);
    if (change.at > from && local < change.at + change.before) return local - change.before;
    const due = local - change.after;
    return due >= change.at ? due : this.#firstMatching(change.at);
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
    return WallClock.of(timezone);
  } catch {
    throw unknownTimezone(timezone, nearestTimezones(timezone ?? ""));
  }
}

function unknownTimezone(timezone: unknown, near: string): InvalidArgumentError {
  const fix = `use an IANA name, such as "Europe/Berlin"${near}`;
  return new InvalidArgumentError(`The time zone of a cron schedule is ${showValue(timezone)}: ${fix}`);
}

/** Returns a suggestion for the end of the message, if there are similar names. */
function nearestTimezones(timezone: string): string {
  const near = nearestNames(timezone.slice(0, 50), Intl.supportedValuesOf("timeZone"));
  return near.startsWith("did you mean") ? `; ${near}` : "";
}
