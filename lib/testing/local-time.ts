import { InvalidArgumentError } from "../index.js";

// Times in the time zone of the process, which is that of the simulation while its clock is installed.

const dayMs = 86_400_000;

/** A time of day in ms; the hours from 0 to 24. */
interface ClockTime {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Part of the simulated time, in ms since the epoch. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/**
 * Parses the start of a simulation, a local date or time.
 * @throws InvalidArgumentError if it is not one
 */
export function parseStart(start: string | Date): number {
  const text = typeof start === "string" && /^\d{4}-\d{2}-\d{2}$/.test(start) ? `${start}T00:00` : start;
  const time = new Date(text).getTime();
  if (Number.isFinite(time)) return time;
  throw new InvalidArgumentError(
    `start is ${String(start)}: use a date such as "2026-03-29", or a time such as "2026-03-29T12:00"`,
  );
}

/**
 * The first time at which the clock shows a time of day, at or after `start`.
 * @throws InvalidArgumentError that names the option, if it is not a time of day
 */
export function firstTime(option: string, text: string, start: number): number {
  const time = parseClockTime(option, text);
  const today = onDay(start, 0, time);
  return today >= start ? today : onDay(start, 1, time);
}

/**
 * The intervals between two times of day, `"02:00-03:00"`, on each day from `start` to `end`. One that ends before it begins
 * lasts over midnight.
 * @throws InvalidArgumentError that names the option, if it is not such an interval
 */
export function dailyIntervals(option: string, text: string, start: number, end: number): Interval[] {
  const [from = "", to, more] = text.split("-").map((part) => part.trim());
  if (to === undefined || more !== undefined) {
    throw new InvalidArgumentError(`${option} is "${text}": use two times of day, such as "02:00-03:00"`);
  }
  const [first, last] = [parseClockTime(option, from), parseClockTime(option, to)];
  const isOverMidnight = minutesOf(last) <= minutesOf(first);
  const found: Interval[] = [];
  for (let day = -1; day <= (end - start) / dayMs + 1; day++) {
    const interval = { from: onDay(start, day, first), to: onDay(start, isOverMidnight ? day + 1 : day, last) };
    if (interval.to > start && interval.from < end) found.push(interval);
  }
  return found;
}

function minutesOf({ hours, minutes, seconds }: ClockTime): number {
  return hours * 60 + minutes + seconds / 60;
}

function parseClockTime(option: string, text: string): ClockTime {
  const [, hours, minutes, seconds = "0"] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
  const time = { hours: Number(hours), minutes: Number(minutes), seconds: Number(seconds) };
  if (time.hours <= 24 && time.minutes < 60 && time.seconds < 60 && minutesOf(time) <= 24 * 60) return time;
  throw new InvalidArgumentError(`${option} is "${text}": use a time of day, such as "04:10"`);
}

/** A local time that the clock skips is taken as after the change, as `Date` does. */
function onDay(start: number, day: number, { hours, minutes, seconds }: ClockTime): number {
  const date = new Date(start);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + day, hours, minutes, seconds).getTime();
}
