import { type Backoff, ExponentialBackoff, type Runner, type Schedule } from "../index.js";
import type { Timeline } from "../testing/testing.js";
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

export const lintRules = [
  "minified-name",
  "crowded-second",
  "missed-runs",
  "skipped-hour",
  "long-retries",
  "short-shutdown",
] as const;

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
  /** What the workers do, if that was simulated: it also shows jitter, retries, long runs and replicas. */
  readonly day?: Timeline;
}

const year = 366 * 86_400_000;
const hour = 3_600_000;

/** Everything about the workers that is valid, but probably not meant. */
export async function lint(subject: LintSubject, options: LintOptions): Promise<Lint[]> {
  const workers = allWorkers(subject.runner);
  return [
    ...minifiedNames(workers, subject),
    ...(options.day === undefined ? crowdedSecond(workers, options) : lintDay(options.day, options)),
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
  const message = `${names.length} workers are due at ${formatTime(time)} (${listed(names)}): spread them by jitter, initialDelay or other times`;
  return [{ rule: "crowded-second", worker: null, message }];
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 10).join(", ")}${names.length > 10 ? ` and ${names.length - 10} more` : ""}`;
}

/** What a simulated day shows. */
function lintDay({ workers, timezone }: Timeline, { maxAtOnce }: LintOptions): Lint[] {
  const lints: Lint[] = [];
  const { time, names } = busiestSimulatedSecond(workers);
  if (names.length > maxAtOnce) {
    const at = formatTime(time, timezone);
    const message = `${names.length} workers start at ${at} (${listed(names)}): spread them by jitter, initialDelay or other times, and retries by jitterProportion`;
    lints.push({ rule: "crowded-second", worker: null, message });
  }
  for (const { name, missed, longest } of workers) {
    const count = missed.filter(({ reason }) => reason === "busy").reduce((sum, each) => sum + each.count, 0);
    if (count === 0) continue;
    const message = `${name} misses ${count} of its times, as a run takes up to ${formatDuration(longest)}: use a longer interval, or a timeout`;
    lints.push({ rule: "missed-runs", worker: name, message });
  }
  return lints;
}

/**
 * The second in which runs of most workers start, attempts included, and their names, once for each replica. That continuous
 * workers start together with their process does not count.
 */
function busiestSimulatedSecond(workers: Timeline["workers"]): { time: number; names: readonly string[] } {
  const starts = new Map<number, Set<string>>();
  for (const { name, schedule, runs } of workers)
    for (const { start, replica, cause } of runs) {
      if (schedule === null && cause === "start") continue;
      const second = Math.floor(start / 1_000) * 1_000;
      const known = starts.get(second);
      if (known === undefined) starts.set(second, new Set([`${replica} ${name}`]));
      else known.add(`${replica} ${name}`);
    }
  let [time, most] = [0, new Set<string>()];
  for (const [second, names] of starts) if (names.size > most.size) [time, most] = [second, names];
  return { time, names: [...most].map((each) => each.slice(each.indexOf(" ") + 1)) };
}

/** Schedules of `cron` with a fixed time that the clocks skip: it runs after the gap, so later than it says. */
async function skippedHours(workers: readonly NamedWorker[], { now, day }: LintOptions): Promise<Lint[]> {
  const cron = await cronIfInstalled();
  if (cron === undefined) return [];
  return workers.flatMap(({ name, worker }): Lint[] => {
    const schedule = worker.repeat?.schedule;
    const pattern: unknown = schedule === undefined ? undefined : Reflect.get(schedule, "pattern");
    if (schedule === undefined || typeof pattern !== "string") return [];
    const zone: unknown = Reflect.get(schedule, "timezone");
    const timezone = typeof zone === "string" ? zone : day?.timezone;
    // In UTC, its times are what the local clock would have to show.
    const onClock = cron(pattern, { timezone: "UTC" });
    const skipped = clockChanges(now, now + year, timezone).find(({ at, before, after }) => {
      const [start, end] = [at + before, at + after];
      const isHourly = isDue(onClock, start - hour, start) && isDue(onClock, end, end + hour);
      return start < end && isDue(onClock, start, end) && !isHourly;
    });
    if (skipped === undefined) return [];
    const shown = typeof zone === "string" ? `${pattern} (${zone})` : pattern;
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
