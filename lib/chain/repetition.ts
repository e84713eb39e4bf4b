import { checkOptions } from "../errors/check-options.js";
import { showUnlessText } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { type Duration, parseDuration, parseOption } from "../timers/duration.js";
import { checkSchedule, isSchedule, type Schedule } from "./schedule.js";

export interface RepeatOptions {
  /** Whether there is a run at the start, and not only when the first is due. False by default. */
  readonly startImmediately?: boolean | undefined;
  /**
   * How long after the start the first run is, and with it the grid begins; by default one interval. With a schedule, the times
   * before that are left out.
   */
  readonly initialDelay?: Duration | undefined;
  /**
   * By how much a run may be late, chosen at random for each, so that the replicas of a fleet do not all run at once. Shorter than
   * the interval. 0 by default. The grid stays where it is, and the run of `startImmediately` is at once. With a schedule, times that
   * have come meanwhile are left out.
   */
  readonly jitter?: Duration | undefined;
}

/** How a job is repeated, in plain fields. What was not given is not there. Durations are in ms. */
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

const known: Readonly<Record<keyof RepeatOptions, true>> = { startImmediately: true, initialDelay: true, jitter: true };

/** Every option of a repetition. */
export const repeatOptions: readonly string[] = Object.keys(known);

/**
 * The repetition that an interval or a schedule makes, and the options that go with it.
 * @throws InvalidArgumentError if it is neither, or an option is malformed or does not exist
 */
export function repetition(when: unknown, options: unknown = {}): Repetition {
  const { startImmediately = false, initialDelay, jitter } = checkOptions("repeat", options, repeatOptions);
  if (typeof startImmediately !== "boolean") {
    throw new InvalidArgumentError(`startImmediately is ${showUnlessText(startImmediately)}: pass true or false`);
  }
  if (startImmediately && initialDelay !== undefined) {
    throw new InvalidArgumentError("startImmediately and initialDelay contradict each other: give one of them");
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
  throw new InvalidArgumentError(`A jitter of ${jitter} ms would skip runs at an interval of ${interval} ms: give a shorter one`);
}

/**
 * An interval in ms.
 * @throws InvalidArgumentError if it is not a duration of 1 ms or more
 */
function parseInterval(interval: unknown): number {
  const ms = parseDuration(interval);
  if (ms < 1)
    throw new InvalidArgumentError(
      `${ms} ms is too short for an interval: give 1 ms or more, or retry a worker without a backoff`,
    );
  return ms;
}
