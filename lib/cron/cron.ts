import { inspect } from "node:util";
import { Cron } from "croner";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Schedule } from "../workers/schedule.js";

export interface CronOptions {
  /** An IANA name, such as `"Europe/Berlin"`. The time zone of the process by default. */
  readonly timezone?: string | undefined;
}

/**
 * The times that a cron pattern names, on the wall clock of a time zone: `minute hour day month weekday`, optionally with a field for
 * seconds before and one for years after that, or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
 *
 * When daylight saving begins, a fixed time in the hour that is left out is due as soon as that is over; when it ends, a fixed
 * time in the hour that comes twice is due the first time only. What is due every hour or more often goes on through both.
 * February 29 is due in leap years.
 *
 * What is wrong with the pattern or the time zone is told when it is first used: by {@link repeat}, or at bootstrap.
 * @see {@link https://croner.56k.guru} for the dialect; it reads the pattern
 */
export function cron(pattern: string, options: CronOptions = {}): Schedule {
  return new CronSchedule(pattern, options);
}

class CronSchedule implements Schedule {
  readonly pattern: string;
  readonly timezone?: string;
  #cron: Cron | undefined;

  constructor(pattern: string, { timezone }: CronOptions) {
    this.pattern = pattern;
    if (timezone !== undefined) this.timezone = timezone;
  }

  next(after: Date): Date | null {
    this.#cron ??= parse(this.pattern, this.timezone);
    return this.#cron.nextRun(after);
  }
}

function parse(pattern: unknown, timezone: string | undefined): Cron {
  if (typeof pattern !== "string") throw new InvalidArgumentError(`${inspect(pattern)} is no cron pattern: give a string`);
  checkTimezone(timezone);
  let cron: Cron;
  try {
    // Without a function it starts no timer of its own.
    cron = new Cron(pattern, { fixedTimeRule: "no-wildcard", ...(timezone === undefined ? undefined : { timezone }) });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.replace(/^Cron\w+: /, "") : inspect(cause);
    throw new InvalidArgumentError(`"${pattern}" is no cron pattern: ${problem}`, { cause });
  }
  if (cron.nextRun(new Date(0)) !== null) return cron;
  throw new InvalidArgumentError(`"${pattern}" is a cron pattern without a time: there is no such day`);
}

function checkTimezone(timezone: unknown): void {
  try {
    if (timezone === undefined || (typeof timezone === "string" && new Intl.DateTimeFormat("en", { timeZone: timezone }))) return;
  } catch {}
  throw new InvalidArgumentError(`${inspect(timezone)} is no time zone: give an IANA name, such as "Europe/Berlin"`);
}
