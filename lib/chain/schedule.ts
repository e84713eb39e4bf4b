import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { onRejection } from "../errors/on-settled.js";
import { className, hasMethod, isInstanceOf, readProperty } from "../errors/read-value.js";
import { ScheduleError } from "../errors/schedule-error.js";
import { cutText, showValue } from "../errors/show-value.js";

/**
 * The times at which runs are due, on the wall clock. It must be pure, so that several workers can share it. For cron patterns,
 * use `cron` of `watchbill/cron`.
 */
export interface Schedule {
  /** The first time after `after`; null if there is none. */
  next(after: Date): Date | null;
}

export function isSchedule(value: unknown): value is Schedule {
  return typeof value === "object" && hasMethod(value, "next");
}

/**
 * The first time of a schedule after `after`, in ms since the epoch; Infinity if there is none.
 * @param worker for the message
 * @throws ScheduleError if the schedule throws, or does not return a later time or null
 */
export function nextTime(schedule: Schedule, after: number, worker: string): number {
  let next: unknown;
  let time: number;
  try {
    next = schedule.next(new Date(after));
    time = next === null ? Number.POSITIVE_INFINITY : timeOf(next);
  } catch (cause) {
    // A promise may have a getTime that throws.
    onRejection(next, () => {});
    throw new ScheduleError(worker, `threw for ${shown(after)}`, { cause });
  }
  if (time > after) return time;
  // This error reports the promise; its rejection must not end the process.
  onRejection(next, () => {});
  throw new ScheduleError(worker, `returned ${showValue(next)} for ${shown(after)}`);
}

/**
 * Calls a schedule once, so that a faulty one is reported where it is declared.
 * @throws InvalidArgumentError if it does not return a time or null
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

/** Describes a schedule: by its `pattern` and `timezone`, which those of `cron()` have, or by the name of its class. */
export function describeSchedule(schedule: Schedule): string {
  const pattern = readProperty(schedule, "pattern");
  const timezone = readProperty(schedule, "timezone");
  if (typeof pattern === "string") return cutText(typeof timezone === "string" ? `${pattern} (${timezone})` : pattern, 200);
  return cutText(className(schedule) || "custom schedule", 200);
}

/** NaN if it has no `getTime` that can be read. Throws what that throws. */
function timeOf(value: unknown): number {
  // By its shape, as a Date of another realm or of fake timers is not an instance of this one's.
  const getTime = typeof value === "object" ? readProperty(value, "getTime") : undefined;
  if (typeof getTime !== "function") return Number.NaN;
  const time: unknown = Reflect.apply(getTime, value, []);
  return typeof time === "number" ? time : Number.NaN;
}

function shown(time: number): string {
  return showValue(new Date(time));
}
