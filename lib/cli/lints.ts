import { type Backoff, ExponentialBackoff, type Runner, type Schedule } from "../index.js";
import { busiestSecond } from "./busiest-second.js";
import { clockChanges } from "./clock-changes.js";
import { cronIfInstalled } from "./cron-schedules.js";
import { allWorkers, type NamedWorker } from "./module-workers.js";
import { clockFace, formatDuration, formatTime } from "./times.js";

/** What is probably not meant, but valid. */
export interface Lint {
  readonly rule: LintRule;
  /** Null if it is of several workers. */
  readonly worker: string | null;
  readonly message: string;
}

export const lintRules = ["minified-name", "crowded-second", "skipped-hour", "long-retries", "short-shutdown"] as const;

export type LintRule = (typeof lintRules)[number];

/** What is linted. */
export interface LintSubject {
  readonly runner: Runner;
  /** The sources of the runner; undefined if they are not known. */
  readonly sources: readonly object[] | undefined;
}

export interface LintOptions {
  /** In ms since the epoch. */
  readonly now: number;
  /** How many workers may be due in one second. */
  readonly maxAtOnce: number;
}

const year = 366 * 86_400_000;
const hour = 3_600_000;

/** Everything about the workers that is valid, but probably not meant. */
export async function lint(subject: LintSubject, options: LintOptions): Promise<Lint[]> {
  const workers = allWorkers(subject.runner);
  return [
    ...minifiedNames(workers, subject),
    ...crowdedSecond(workers, options),
    ...(await skippedHours(workers, options)),
    ...workers.flatMap((worker) => longRetries(worker, options)),
    ...workers.flatMap(shortShutdown),
  ];
}

/**
 * Names that a minifier has made of classes. Of a runner, also of one within it, only the names of the groups are known, which
 * may have been chosen.
 */
function minifiedNames(workers: readonly NamedWorker[], subject: LintSubject): Lint[] {
  const classes = subject.sources?.map((source) => (typeof source === "function" ? source.name : source.constructor.name));
  const groups = workers.flatMap(({ worker: { group }, runner }) => {
    const name = group?.name ?? "";
    const isOfClass = classes === undefined || runner !== subject.runner || classes.includes(name);
    return isOfClass ? [name] : [];
  });
  return [...new Set(groups)]
    .filter((name) => /^[\p{L}_$][\w$]?$/u.test(name))
    .map((name) => ({
      rule: "minified-name",
      worker: null,
      message: `The name of the class ${name} looks as if a minifier had shortened it: use @Named on the class, or keep the names`,
    }));
}

function crowdedSecond(workers: readonly NamedWorker[], { now, maxAtOnce }: LintOptions): Lint[] {
  const { time, names } = busiestSecond(workers, now);
  if (names.length <= maxAtOnce) return [];
  const shown = `${names.slice(0, 10).join(", ")}${names.length > 10 ? ` and ${names.length - 10} more` : ""}`;
  return [
    {
      rule: "crowded-second",
      worker: null,
      message: `${names.length} workers are due at ${formatTime(time)} (${shown}): spread them by jitter, initialDelay or other times`,
    },
  ];
}

/** Schedules of `cron` with a fixed time that the clocks skip: it runs after the gap, so later than it says. */
async function skippedHours(workers: readonly NamedWorker[], { now }: LintOptions): Promise<Lint[]> {
  const cron = await cronIfInstalled();
  if (cron === undefined) return [];
  return workers.flatMap(({ name, worker }): Lint[] => {
    const schedule = worker.repeat?.schedule;
    const pattern: unknown = schedule === undefined ? undefined : Reflect.get(schedule, "pattern");
    if (schedule === undefined || typeof pattern !== "string") return [];
    const zone: unknown = Reflect.get(schedule, "timezone");
    const timezone = typeof zone === "string" ? zone : undefined;
    // In UTC, its times are what the local clock would have to show.
    const onClock = cron(pattern, { timezone: "UTC" });
    const skipped = clockChanges(now, now + year, timezone).find(({ at, before, after }) => {
      const [start, end] = [at + before, at + after];
      const isHourly = isDue(onClock, start - hour, start) && isDue(onClock, end, end + hour);
      return start < end && isDue(onClock, start, end) && !isHourly;
    });
    if (skipped === undefined) return [];
    const shown = timezone === undefined ? pattern : `${pattern} (${timezone})`;
    const { date, time } = clockFace(skipped.at, timezone);
    const message = `${name} is due at a time (${shown}) that the clocks skip on ${date}: it runs at ${time} on that day`;
    return [{ rule: "skipped-hour", worker: name, message }];
  });
}

function isDue(schedule: Schedule, from: number, to: number): boolean {
  const time = schedule.next(new Date(from - 1))?.getTime();
  return time !== undefined && time < to;
}

/**
 * Retries of a run that go on when the next run is due already. Those without an end, neither by `maxAttempts` nor by a timeout,
 * are meant to go on.
 */
function longRetries({ name, worker }: NamedWorker, { now }: LintOptions): Lint[] {
  const { repeat, retryJob, timeout = Number.POSITIVE_INFINITY } = worker;
  if (repeat === undefined || retryJob === undefined) return [];
  const interval = repeat.interval ?? shortestPause(repeat.schedule, now);
  const longest = Math.min(sumOfDelays(retryJob, interval), timeout);
  if (!Number.isFinite(longest) || longest <= interval) return [];
  const message = `${name} runs every ${formatDuration(interval)}, but its retries may take more than ${formatDuration(interval)}: use fewer or shorter ones, or a longer interval`;
  return [{ rule: "long-retries", worker: name, message }];
}

/** The shortest time between some of the next runs of a schedule. */
function shortestPause(schedule: Schedule, now: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  let last = schedule.next(new Date(now))?.getTime();
  for (let count = 0; count < 20 && last !== undefined; count++) {
    const time = schedule.next(new Date(last))?.getTime();
    if (time !== undefined) shortest = Math.min(shortest, time - last);
    last = time;
  }
  return shortest;
}

/** The delays between all attempts of a run; Infinity if their number has no limit. Stops adding above a limit. */
function sumOfDelays(retryJob: NonNullable<NamedWorker["worker"]["retryJob"]>, limit: number): number {
  const { backoff, maxAttempts = Number.POSITIVE_INFINITY } = "backoff" in retryJob ? retryJob : { backoff: retryJob };
  if (!Number.isFinite(maxAttempts)) return Number.POSITIVE_INFINITY;
  const longest = withoutJitter(backoff);
  let sum = 0;
  for (let attempt = 1; attempt < maxAttempts && sum <= limit; attempt++) sum += longest.duration(attempt);
  return sum;
}

function withoutJitter(backoff: Backoff): Backoff {
  if (!(backoff instanceof ExponentialBackoff)) return backoff;
  return new ExponentialBackoff({ initial: backoff.initial, max: backoff.max });
}

/** A run that may take longer than it has to end when the runner stops. */
function shortShutdown({ name, worker, runner }: NamedWorker): Lint[] {
  const { timeout, shutdownTimeout = runner.shutdownTimeout } = worker;
  if (timeout === undefined || timeout <= shutdownTimeout) return [];
  const message = `${name} may run for ${formatDuration(timeout)}, but has ${formatDuration(shutdownTimeout)} to stop: use a shutdownTimeout that is not shorter, or end the run when its signal aborts`;
  return [{ rule: "short-shutdown", worker: name, message }];
}
