import { extname } from "node:path";
import type { DeclarativeWorker, Schedule } from "../index.js";
import { clockChanges } from "./clock-changes.js";
import { cronIfInstalled, loadCron } from "./cron-schedules.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { findWorker, loadWorkers } from "./module-workers.js";
import { formatTable, printable } from "./table.js";
import type { Terminal } from "./terminal.js";
import { clockFace, formatDuration, formatUtc } from "./times.js";

export interface NextOptions {
  /** How many times are shown. */
  readonly count: number;
  readonly timezone?: string | undefined;
  readonly json?: boolean | undefined;
}

interface DueTime {
  /** In ms since the epoch. */
  readonly time: number;
  /** What the clocks do on that day; null on most days. */
  readonly clocks: string | null;
}

const day = 86_400_000;

/** Shows the next times of a cron pattern, or of a worker of a module. */
export async function next(
  target: string,
  worker: string | undefined,
  options: NextOptions,
  terminal: Terminal,
): Promise<number> {
  const { schedule, timezone, note } =
    worker === undefined && !isModule(target)
      ? await ofPattern(target, options)
      : await ofWorker(target, worker, options, terminal.now());
  const times = dueTimes(schedule, terminal.now(), options.count, timezone);
  if (options.json === true) {
    terminal.printJson(
      times.map(({ time, clocks }) => ({ time, local: localTime(time, timezone), utc: new Date(time).toISOString(), clocks })),
    );
    return exitCodes.ok;
  }
  if (note !== undefined) terminal.complain(note);
  if (times.length === 0) {
    terminal.print("It is never due");
    return exitCodes.ok;
  }
  const rows = times.map(({ time, clocks }) => [
    localTime(time, timezone),
    formatUtc(time),
    formatDuration(time - terminal.now()),
    clocks === null ? "" : terminal.style("yellow", clocks),
  ]);
  const header = [timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone, "UTC", "LEFT", "CLOCKS"];
  const [first = "", ...others] = formatTable([header, ...rows], terminal.width).split("\n");
  terminal.print([terminal.style("bold", first), ...others].join("\n"));
  return exitCodes.ok;
}

function isModule(target: string): boolean {
  return /^\.[cm]?[jt]sx?$/.test(extname(target)) && !target.includes(" ");
}

interface Timetable {
  readonly schedule: Schedule;
  readonly timezone: string | undefined;
  readonly note?: string;
}

async function ofPattern(pattern: string, { timezone }: NextOptions): Promise<Timetable> {
  const cron = await loadCron();
  return { schedule: cron(pattern, { timezone }), timezone };
}

/** @throws WatchbillError if there is no such time zone, with the nearest if that is known */
async function checkTimezone(timezone: string): Promise<void> {
  const cron = await cronIfInstalled();
  if (cron !== undefined) cron("@daily", { timezone }).next(new Date());
  else if (!isTimezone(timezone))
    throw new CommandError(
      exitCodes.usage,
      `There is no time zone ${printable(timezone)}: use an IANA name, such as Europe/Berlin`,
    );
}

function isTimezone(name: string): boolean {
  try {
    clockFace(0, name);
    return true;
  } catch {
    return false;
  }
}

async function ofWorker(module: string, name: string | undefined, { timezone }: NextOptions, now: number): Promise<Timetable> {
  if (timezone !== undefined) await checkTimezone(timezone);
  const { runner } = await loadWorkers(module);
  if (name === undefined) {
    const [first] = runner.workers;
    throw new CommandError(
      exitCodes.usage,
      `Name a worker of ${printable(module)}: watchbill next ${module} ${first?.name ?? ""}`,
    );
  }
  const { repeat } = findWorker(runner, name).worker;
  if (repeat === undefined)
    throw new CommandError(exitCodes.usage, `${printable(name)} is a continuous worker: it is not due at any time`);
  if (repeat.schedule !== undefined) return { schedule: repeat.schedule, timezone: timezone ?? timezoneOf(repeat.schedule) };
  const note = `${printable(name)} is due every ${formatDuration(repeat.interval)} after its start: these are the times if it starts now`;
  return { schedule: grid(repeat, now), timezone, note };
}

/** The times of an interval whose worker starts now. */
function grid({ interval, initialDelay, startImmediately }: IntervalRepetition, now: number): Schedule {
  const first = startImmediately ? now : now + (initialDelay ?? interval);
  return {
    next: (after) => {
      const passed = Math.max(Math.floor((after.getTime() - first) / interval) + 1, 0);
      return new Date(first + passed * interval);
    },
  };
}

type IntervalRepetition = Extract<NonNullable<DeclarativeWorker["repeat"]>, { readonly interval: number }>;

/** The time zone of a schedule of `cron()`. */
export function timezoneOf(schedule: Schedule): string | undefined {
  const timezone: unknown = Reflect.get(schedule, "timezone");
  return typeof timezone === "string" ? timezone : undefined;
}

function dueTimes(schedule: Schedule, now: number, count: number, timezone: string | undefined): DueTime[] {
  const times: DueTime[] = [];
  let after = now;
  while (times.length < count) {
    const time = schedule.next(new Date(after))?.getTime();
    if (time === undefined) break;
    times.push({ time, clocks: clocksOn(time, timezone) });
    after = time;
  }
  return times;
}

/** What the clocks do on the day of a time; null if they do not change. */
function clocksOn(time: number, timezone: string | undefined): string | null {
  const { date } = clockFace(time, timezone);
  const change = clockChanges(time - day, time + day, timezone).find(({ at }) => clockFace(at, timezone).date === date);
  if (change === undefined) return null;
  const [from, to] = [change.before, change.after].map((offset) => new Date(change.at + offset).toISOString().slice(11, 16));
  return `clocks go ${change.after > change.before ? "forward" : "back"} from ${from} to ${to}`;
}

function localTime(time: number, timezone: string | undefined): string {
  const { weekday, date, time: clock, zone } = clockFace(time, timezone);
  return `${weekday} ${date} ${clock} ${zone}`;
}
