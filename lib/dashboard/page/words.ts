import type { Row } from "../api.js";

/** Between a number and its unit, so that they are not on two lines. */
const space = "\u00a0";

/** Formats a number of ms for the page: `340 ms`, `1.2 s`, `2 min 5 s`, `3 d 2 h`. Uses at most two units. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))}${space}ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)}${space}s`;
  return span(ms);
}

const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** Formats a distance between two times in whole seconds, with at most two units: `0 s`, `41 s`, `2 min 5 s`. */
export function span(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1_000));
  const parts: string[] = [];
  const first = Math.max(
    0,
    units.findIndex(([, size]) => seconds >= size),
  );
  for (const [unit, size] of units.slice(first, first + 2)) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) parts.push(count + space + unit);
  }
  return parts.join(space) || `0${space}s`;
}

/** `12 s ago`, `7 min ago`, `3 h 18 min ago`. */
export function ago(time: number, now: number): string {
  const age = now - time;
  if (age < 500) return "now";
  return `${span(age > 60_000 ? age - (age % 60_000) : age)} ago`;
}

/** `in 41 s`, or `due 3 s ago` if the time has passed by more than a second. */
export function until(time: number, now: number): string {
  return time - now > -1_000 ? `in ${span(time - now)}` : `due ${span(now - time)} ago`;
}

const ordinals = ["first", "second", "third"];

/** `first`, `second`, `third`, `4th`, `22nd`. */
export function ordinal(n: number): string {
  const word = ordinals[n - 1];
  if (word !== undefined) return word;
  const suffix = n % 100 > 10 && n % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${count(n)}${suffix}`;
}

const numbers = new Intl.NumberFormat("en-US");

export function count(n: number): string {
  return numbers.format(n);
}

export function workers(n: number): string {
  return n === 1 ? "1 worker" : `${count(n)} workers`;
}

/** `100 %`, `99.9 %`; never rounds a rate below 1 up to 100 %. */
export function percent(rate: number): string {
  const tenths = Math.floor(rate * 1_000) / 10;
  return `${tenths === 100 || tenths === 0 ? tenths : tenths.toFixed(1)}${space}%`;
}

/**
 * Makes control characters visible, as the symbols of Unicode for them, so that a name or an error cannot change how the rest is
 * displayed. The escape codes of colours become `␛[31m`; the characters that change the direction of text become `\u202e`.
 * @param keepLines whether line breaks and tabs are kept, as in a stack
 */
export function visible(text: string, keepLines = false): string {
  return text.replace(hidden, (character) => {
    if (keepLines && (character === "\n" || character === "\t")) return character;
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "␡" : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

const hidden = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Whether the last run has failed, also if it is being retried. */
export function isFailing({ failingSince }: Row): boolean {
  return failingSince !== null;
}

/** The health of a worker in a word. */
export function healthWord(row: Row): string {
  if (isFailing(row)) return "failing";
  if (row.health === "ok") return "ok";
  return row.phase === "stopped" ? "not started" : "no result yet";
}

/** Why a worker does not run now, or that it does: `backoff, third failure in a row, again in 41 s: ECONNREFUSED`. */
export function why(row: Row, now: number): string {
  // The name `Error` says nothing, and there is little room.
  const error = row.lastError === null ? "" : `: ${visible(row.lastError).replace(/^Error: /, "")}`;
  const failures = row.attempt === 0 ? "" : `${ordinal(row.attempt)} failure${row.attempt > 1 ? " in a row" : ""}`;
  switch (row.phase) {
    case "paused":
      return pausedText(row);
    case "backoff": {
      const left = row.nextDue === null ? 0 : row.nextDue - now;
      // The seconds are in the column of the next run.
      const again = row.nextDue === null ? "" : `again ${until(row.nextDue - (left > 60_000 ? left % 60_000 : 0), now)}`;
      const parts = ["backoff", failures, again].filter((part) => part !== "");
      return parts.join(", ") + (row.attempt > 0 ? error : "");
    }
    case "overdue":
      return `overdue, still running${row.lastStart === null ? "" : ` after ${span(now - row.lastStart)}`}${error}`;
    case "running": {
      const running = `running${runningFor(row, now)}`;
      return failures !== "" ? `${running}, after the ${failures}${error}` : running;
    }
    case "waiting":
      return waitingText(row, now, failures === "" ? "" : `, after the ${failures}${error}`);
    case "stopped":
      if (isFailing(row)) return `stopped after the ${failures || "last failure"}${error}`;
      return row.lastStart === null ? "not started" : "completed or stopped";
  }
}

function pausedText({ pause }: Row): string {
  const author = pause?.by ? ` by ${visible(pause.by)}` : "";
  return `paused${author}${pause?.reason ? `: ${visible(pause.reason)}` : ""}`;
}

function runningFor({ lastStart }: Row, now: number): string {
  return lastStart === null ? "" : `, for ${span(now - lastStart)}`;
}

function waitingText({ holder, nextDue, schedule }: Row, now: number, failures: string): string {
  if (holder && (nextDue === null || schedule === null)) return `held by ${visible(holder.host)}, pid ${holder.pid}${failures}`;
  const late = nextDue !== null && nextDue < now - 1_000 ? `, ${until(nextDue, now)}` : "";
  const held = holder ? `, last run by ${visible(holder.host)}, pid ${holder.pid}` : "";
  return `waiting${late}${held}${failures}`;
}

/** Which time zone times are displayed in: of the browser, UTC, or that of the schedule of each worker. */
export type Zone = "local" | "utc" | "schedule";

let processZone = "";

/** Sets the time zone of the process. */
export function setProcessZone(zone: string): void {
  processZone = zone;
}

/** The time zone of a schedule such as `0 9 * * * (Europe/Berlin)`: that of the process if it has none of its own. */
export function zoneOfSchedule(schedule: string | null): string | undefined {
  return [/\(([\w+/-]+)\)$/.exec(schedule ?? "")?.[1], processZone].find((zone) => zone && isZone(zone));
}

const zones = new Map<string, boolean>();

function isZone(name: string): boolean {
  const known = zones.get(name);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
  } catch {
    valid = false;
  }
  zones.set(name, valid);
  return valid;
}

function timeZone(zone: Zone, schedule: string | null): string | undefined {
  return zone === "utc" ? "UTC" : zone === "schedule" ? zoneOfSchedule(schedule) : undefined;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(
  time: number,
  kind: "time" | "minute" | "day" | "weekday" | "date" | "full",
  timeZone: string | undefined,
): string {
  const key = `${kind} ${timeZone}`;
  let found = formats.get(key);
  if (found === undefined) {
    const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    const day = { weekday: "short", day: "numeric", month: "short" } as const;
    const options = {
      time: { ...clock, second: "2-digit" },
      minute: clock,
      day,
      weekday: { weekday: "short", ...clock },
      date: { day: "numeric", month: "short" },
      full: { ...day, ...clock, year: "numeric", second: "2-digit", fractionalSecondDigits: 3, timeZoneName: "short" },
    } as const;
    formats.set(key, (found = new Intl.DateTimeFormat("en-GB", { ...options[kind], ...(timeZone ? { timeZone } : {}) })));
  }
  return found.format(time);
}

/** The time of day, with the date in front if that is not today: `03:59:48`, `Tue 24 Nov 02:14:31`. */
export function clock(time: number, now: number, zone: Zone, schedule: string | null = null): string {
  const where = timeZone(zone, schedule);
  const day = format(time, "day", where);
  const text = format(time, "time", where);
  return day === format(now, "day", where) ? text : `${day} ${text}`;
}

/** Since when something is so, in brief: `02:14`, `Wed 23:50` within a day, `24 Nov` before. */
export function since(time: number, now: number, zone: Zone, schedule: string | null = null): string {
  const where = timeZone(zone, schedule);
  if (format(time, "day", where) === format(now, "day", where)) return format(time, "minute", where);
  return format(time, now - time < 86_400_000 ? "weekday" : "date", where);
}

/** A time in full, for tooltips: `Thu, 26 Nov 2026, 03:59:48.123 GMT+1`. */
export function exact(time: number, zone: Zone, schedule: string | null = null): string {
  return format(time, "full", timeZone(zone, schedule));
}
