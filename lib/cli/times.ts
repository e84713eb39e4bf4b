// Times as the command line shows them. Points in time are in ms since the epoch, in the time zone of the process unless one is
// named.

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** Formats a number of ms in at most two units: `250ms`, `1.5s`, `2m 30s`, `1d 1h`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.max(Math.round(ms), 0)}ms`;
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 60) return `${seconds}s`;
  let remaining = Math.round(ms / 1_000) * 1_000;
  const first = units.findIndex(([, size]) => remaining >= size);
  const parts: string[] = [];
  for (const [unit, size] of units.slice(first, first + 2)) {
    const count = Math.floor(remaining / size);
    remaining -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ");
}

/** What a clock shows in a time zone. */
interface ClockFace {
  readonly weekday: string;
  /** `"2027-03-28"` */
  readonly date: string;
  /** `"03:00:00"` */
  readonly time: string;
  /** `"CEST"` or `"GMT+5:30"` */
  readonly zone: string;
}

const formats = new Map<string | undefined, Intl.DateTimeFormat>();

/** @throws RangeError if there is no such time zone */
export function clockFace(time: number, timezone?: string): ClockFace {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: timezone,
      weekday: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZoneName: "short",
    });
    formats.set(timezone, format);
  }
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const get = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  return {
    weekday: get("weekday"),
    date: `${get("year")}-${get("month")}-${get("day")}`,
    time: `${get("hour")}:${get("minute")}:${get("second")}`,
    zone: get("timeZoneName"),
  };
}

/** `"2027-03-28 03:00:00"` */
export function formatTime(time: number, timezone?: string): string {
  const { date, time: clock } = clockFace(time, timezone);
  return `${date} ${clock}`;
}

/** `"2027-03-28 01:00:00Z"` */
export function formatUtc(time: number): string {
  return new Date(time).toISOString().replace("T", " ").replace(/\.\d+/, "");
}
