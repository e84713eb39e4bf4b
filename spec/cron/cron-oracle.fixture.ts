/**
 * Computes the same times as `watchbill/cron` by brute force: for every minute of some years, it gets the local time from Intl
 * and compares it with the pattern. It shares no code with the library or with croner.
 */

const minuteMs = 60_000;
const dayMinutes = 1_440;

/** The local time of a zone in every minute of some years, in minutes since the epoch. */
export class ZoneMinutes {
  readonly shown: Float64Array;
  /** The start of the first year and the end of the last one, in UTC, in ms. */
  readonly start: number;
  readonly end: number;
  /** The times at which the offset changes, in ms. */
  readonly changes: number[] = [];
  /** Equal for zones with the same local times in all of the years. */
  readonly key: string;

  constructor(zone: string, firstYear: number, lastYear = firstYear) {
    this.start = Date.UTC(firstYear, 0);
    this.end = Date.UTC(lastYear + 1, 0);
    const [first, end] = [this.start / minuteMs, this.end / minuteMs];
    this.shown = new Float64Array(end - first);
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
    });
    let offset = readClock(format, first) - first;
    const keys = [`${offset}`];
    for (let hour = first; hour < end; hour += 60) {
      // Reads every minute only if the offset changes in this hour: there are never two changes within an hour.
      const isSame = readClock(format, hour + 59) - (hour + 59) === offset;
      for (let minute = hour; minute < hour + 60; minute++) {
        const shown = isSame ? minute + offset : readClock(format, minute);
        this.shown[minute - first] = shown;
        if (shown - minute === offset) continue;
        offset = shown - minute;
        this.changes.push(minute * minuteMs);
        keys.push(`${minute}:${offset}`);
      }
    }
    this.key = keys.join();
  }
}

function readClock(format: Intl.DateTimeFormat, minute: number): number {
  const [month = 0, day, year = 0, hour, minutes, seconds] =
    format
      .format(minute * minuteMs)
      .match(/\d+/g)
      ?.map(Number) ?? [];
  if (seconds !== 0) throw new Error("the oracle supports offsets of whole minutes only");
  return Date.UTC(year, month - 1, day, hour, minutes) / minuteMs;
}

/** Returns all times of the years at which a pattern is due, in ms. */
export function dueTimes(pattern: string, { shown, start }: ZoneMinutes): number[] {
  const fields = splitPattern(pattern);
  const seconds = [...valuesOf(fields.second, 0, 59)].sort((a, b) => a - b);
  const isDue = minuteMatcher(fields);
  const isFixed = [fields.second, fields.minute, fields.hour].every((field, index) => isFixedField(field, index === 2 ? 23 : 59));
  const due: number[] = [];
  const add = (time: number): void => {
    if (due.at(-1) !== time) due.push(time);
  };
  let latest = (shown[0] ?? 0) - 1;
  for (let index = 0; index < shown.length; index++) {
    const local = shown[index] ?? Number.NaN;
    const time = start + index * minuteMs;
    if (isFixed && local <= latest) continue;
    for (let skipped = latest + 1; isFixed && skipped < local; skipped++) if (isDue(skipped)) add(time);
    if (isDue(local)) for (const second of seconds) add(time + second * 1_000);
    latest = local;
  }
  return due;
}

interface Fields {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  readonly weekday: string;
  readonly year: string;
}

const nicknames: Record<string, string> = {
  ...{ "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0" },
  ...{ "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *" },
};

function splitPattern(pattern: string): Fields {
  const parts = (nicknames[pattern] ?? pattern).toUpperCase().replaceAll("?", "*").trim().split(/\s+/);
  if (parts.length === 5) parts.unshift("0");
  if (parts.length === 6) parts.push("*");
  const [second = "", minute = "", hour = "", day = "", month = "", weekday = "", year = ""] = parts;
  return { second, minute, hour, day, month, weekday, year };
}

/** Returns whether a field has neither a wildcard nor a step that matches several values. */
function isFixedField(field: string, last: number): boolean {
  return field.split(",").every((item) => !/[*/]/.test(item) || valuesOf(item, 0, last).size === 1);
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

function valuesOf(field: string, first: number, last: number, names: readonly string[] = []): Set<number> {
  const number = (text: string): number => (names.includes(text) ? names.indexOf(text) + first : Number(text));
  const values = new Set<number>();
  for (const item of field.split(",")) {
    const [range = "", step = "1"] = item.split("/");
    let [from, to] = range === "*" ? [first, last] : range.split("-").map(number);
    from ??= Number.NaN;
    to ??= from;
    if (names === weekdays && range.endsWith("-SUN") && from > 0) to = 7;
    for (let value = from; value <= to; value += Number(step)) values.add(value);
  }
  return values;
}

function minuteMatcher(fields: Fields): (local: number) => boolean {
  const [hours, minutes] = [valuesOf(fields.hour, 0, 23), valuesOf(fields.minute, 0, 59)];
  const minutesOfDay = Uint8Array.from({ length: dayMinutes }, (_, minute) =>
    hours.has(Math.floor(minute / 60)) && minutes.has(minute % 60) ? 1 : 0,
  );
  const days = new Map<number, boolean>();
  let [lastDay, isLastDayDue] = [Number.NaN, false];
  return (local) => {
    const day = Math.floor(local / dayMinutes);
    if (day !== lastDay) {
      lastDay = day;
      isLastDayDue = days.get(day) ?? matchesDay(fields, new Date(day * dayMinutes * minuteMs));
      days.set(day, isLastDayDue);
    }
    return isLastDayDue && minutesOfDay[local - day * dayMinutes] === 1;
  };
}

function matchesDay(fields: Fields, date: Date): boolean {
  const [year, month, day, weekday] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCDay()];
  if (fields.year !== "*" && !valuesOf(fields.year, 0, 9999).has(year)) return false;
  if (!valuesOf(fields.month, 1, 12, months).has(month + 1)) return false;
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const workdays = Array.from({ length: lastOfMonth }, (_, index) => index + 1).filter(
    (each) => new Date(Date.UTC(year, month, each)).getUTCDay() % 6 !== 0,
  );
  const matchesDate = fields.day.split(",").some((item) => {
    if (item === "L") return day === lastOfMonth;
    if (item === "LW") return day === workdays.at(-1);
    if (!item.endsWith("W")) return valuesOf(item, 1, 31).has(day);
    const wanted = Number(item.slice(0, -1));
    const distance = (each: number): number => Math.abs(each - wanted);
    return wanted <= lastOfMonth && day === workdays.sort((a, b) => distance(a) - distance(b))[0];
  });
  const isBoth = fields.weekday.startsWith("+");
  const weekdayField = isBoth ? fields.weekday.slice(1) : fields.weekday;
  const matchesWeekday = weekdayField.split(",").some((item) => {
    const [, days = "", occurrence = ""] = /^([^#]*?)#?((?<=#)\d|L|)$/.exec(item) ?? [];
    const values = valuesOf(days, 0, 6, weekdays);
    if (!values.has(weekday) && !(weekday === 0 && values.has(7))) return false;
    return occurrence === "" || (occurrence === "L" ? day + 7 > lastOfMonth : Math.ceil(day / 7) === Number(occurrence));
  });
  if (weekdayField === "*") return matchesDate;
  return isBoth || fields.day === "*" ? matchesDate && matchesWeekday : matchesDate || matchesWeekday;
}
