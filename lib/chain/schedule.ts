import { hasMethod, isInstanceOf, onRejection, readProperty, showValue } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { ScheduleError } from "../errors/schedule-error.js";

/**
 * The times at which something is due, by the wall clock. Pure, so that one value can serve any number of workers. For cron
 * patterns there is `cron` of `watchbill/cron`.
 */
export interface Schedule {
  /** The first time strictly after the given one; null if there is none any more. */
  next(after: Date): Date | null;
}

export function isSchedule(value: unknown): value is Schedule {
  return typeof value === "object" && hasMethod(value, "next");
}

/**
 * The first time of a schedule after another, in ms since the epoch; Infinity, if there is none any more.
 * @param worker for the message
 * @throws ScheduleError if the schedule throws, or returns anything else than a later time or null
 */
export function nextTime(schedule: Schedule, after: number, worker: string): number {
  let next: unknown;
  let time: number;
  try {
    next = schedule.next(new Date(after));
    time = next === null ? Number.POSITIVE_INFINITY : timeOf(next);
  } catch (cause) {
    // Also a promise may have a getTime that throws.
    onRejection(next, () => {});
    throw new ScheduleError(worker, `threw for ${shown(after)}`, { cause });
  }
  if (time > after) return time;
  // A promise that rejects is reported by this error, and must not end the process.
  onRejection(next, () => {});
  throw new ScheduleError(worker, `returned ${showValue(next)} for ${shown(after)}`);
}

/**
 * Asks a schedule once, so that one that makes no sense is told of where it is declared.
 * @throws InvalidArgumentError if it does not give a time
 */
export function checkSchedule(schedule: Schedule): void {
  try {
    nextTime(schedule, Date.now(), "");
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    if (isInstanceOf(error.cause, InvalidArgumentError)) throw error.cause;
    throw new InvalidArgumentError(error.message, { cause: error.cause });
  }
}

/** NaN if it has no `getTime` that can be read. Throws what that throws. */
function timeOf(value: unknown): number {
  // By its shape: a Date of another realm, or of fake timers, is no instance of this one's.
  const getTime = typeof value === "object" ? readProperty(value, "getTime") : undefined;
  if (typeof getTime !== "function") return Number.NaN;
  const time: unknown = Reflect.apply(getTime, value, []);
  return typeof time === "number" ? time : Number.NaN;
}

function shown(time: number): string {
  return showValue(new Date(time));
}
