import { checkOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { showUnlessText, showValue } from "../errors/show-value.js";
import { type Duration, parseDuration, parseOption } from "../timers/duration.js";
import { formatDuration } from "../timers/format-duration.js";
import { checkSchedule, describeSchedule, isSchedule, type Schedule } from "./schedule.js";

export interface RepeatOptions {
  /** Whether there is a run at the start, before the first that is due. False by default. */
  readonly startImmediately?: boolean | undefined;
  /**
   * How long after the start the first run is due, where the grid begins; one interval by default. With a schedule, the times
   * before that are left out.
   */
  readonly initialDelay?: Duration | undefined;
  /**
   * The longest random delay of a run, drawn for each, so that replicas do not all run at once. Shorter than the interval; 0 by
   * default. The grid stays where it is, and the run of `startImmediately` has no delay. With a schedule, times that come during
   * the delay are left out.
   */
  readonly jitter?: Duration | undefined;
}

/** How a job is repeated, as plain data. Options that were not passed are not there. Durations are in ms. */
export type Repetition = IntervalRepetition | ScheduledRepetition;

interface PlainOptions {
  readonly startImmediately: boolean;
  readonly initialDelay?: number;
  readonly jitter?: number;
}

export interface IntervalRepetition extends PlainOptions {
  readonly interval: number;
  readonly schedule?: undefined;
}

export interface ScheduledRepetition extends PlainOptions {
  readonly schedule: Schedule;
  readonly interval?: undefined;
}

/** Describes a repetition for a status: `"every 5s"`, or the pattern and the time zone of a schedule. */
export function describeRepetition(repetition: Repetition): string {
  const { interval, schedule, initialDelay, jitter } = repetition;
  const times = interval === undefined ? describeSchedule(schedule) : `every ${formatDuration(interval)}`;
  const first = initialDelay === undefined ? "" : `, first after ${formatDuration(initialDelay)}`;
  return `${times}${first}${jitter === undefined ? "" : `, jitter ${formatDuration(jitter)}`}`;
}

const known: Readonly<Record<keyof RepeatOptions, true>> = { startImmediately: true, initialDelay: true, jitter: true };

/** Every option of a repetition. */
export const repeatOptions: readonly string[] = Object.keys(known);

/**
 * Parses an interval or a schedule, and the options.
 * @throws InvalidArgumentError if it is neither, or an option is malformed or does not exist
 */
export function repetition(when: unknown, options: unknown = {}): Repetition {
  const { startImmediately = false, initialDelay, jitter } = checkOptions("repeat", options, repeatOptions);
  if (typeof startImmediately !== "boolean") {
    throw new InvalidArgumentError(`startImmediately is ${showUnlessText(startImmediately)}: pass true or false`);
  }
  if (startImmediately && initialDelay !== undefined) {
    throw new InvalidArgumentError("startImmediately and initialDelay contradict each other: pass one of them");
  }
  const plain: PlainOptions = {
    startImmediately,
    ...(initialDelay === undefined ? undefined : { initialDelay: parseOption("initialDelay", initialDelay) }),
    ...(jitter === undefined ? undefined : { jitter: parseOption("jitter", jitter) }),
  };
  if (!isSchedule(when)) return onGrid(parseInterval(when), plain);
  checkSchedule(when);
  return { schedule: when, ...plain };
}

function onGrid(interval: number, plain: PlainOptions): IntervalRepetition {
  const { jitter = 0 } = plain;
  if (jitter < interval) return { interval, ...plain };
  throw new InvalidArgumentError(`A jitter of ${jitter} ms would skip runs at an interval of ${interval} ms: pass a shorter one`);
}

/**
 * Parses an interval. Returns ms.
 * @throws InvalidArgumentError if it is not a duration of 1 ms or more
 */
function parseInterval(interval: unknown): number {
  if (typeof interval === "string" && /^@|\S\s+\S+\s+\S/.test(interval)) {
    throw new InvalidArgumentError(`${showValue(interval)} is a cron pattern: use cron(…) of watchbill/cron`);
  }
  const ms = parseDuration(interval);
  if (ms < 1)
    throw new InvalidArgumentError(
      `${ms} ms is too short for an interval: pass 1 ms or more, or retry a worker without a backoff`,
    );
  return ms;
}

/** An interval or a schedule, alone or with options. */
export type RepeatDeclaration =
  | Duration
  | Schedule
  | ({ readonly interval: Duration } & RepeatOptions)
  | ({ readonly schedule: Schedule } & RepeatOptions);

/**
 * Parses what a declarative worker declares.
 * @throws InvalidArgumentError if it is malformed
 */
export function declaredRepetition(declared: RepeatDeclaration): Repetition {
  if (typeof declared !== "object" || declared === null || isSchedule(declared)) return repetition(declared);
  const options: unknown = declared;
  const given = checkOptions("repeat", options, ["interval", "schedule", ...repeatOptions]);
  const { interval, schedule, ...others } = given;
  if (interval !== undefined && schedule !== undefined) {
    throw new InvalidArgumentError("repeat has both an interval and a schedule: pass one of them");
  }
  return repetition(schedule ?? interval, others);
}
