import { Cron } from "croner";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { cutText } from "../errors/show-value.js";

/** A field of a pattern. */
interface Field {
  /** The name of the field in messages. */
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** The names of the values, from `first` on. */
  readonly names?: readonly string[];
  /** The values to use, for messages. */
  readonly allowed: string;
}

const second: Field = { name: "second", first: 0, last: 59, allowed: "0 to 59" };
const minute: Field = { name: "minute", first: 0, last: 59, allowed: "0 to 59" };
const hour: Field = { name: "hour", first: 0, last: 23, allowed: "0 to 23" };
const dayOfMonth: Field = { name: "day of the month", first: 1, last: 31, allowed: "1 to 31" };
const month: Field = {
  name: "month",
  first: 1,
  last: 12,
  names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
  allowed: "1 to 12, or JAN to DEC",
};
const weekday: Field = {
  name: "weekday",
  first: 0,
  last: 7,
  names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
  allowed: "0 to 7 (0 and 7 are Sunday), or SUN to SAT",
};
const year: Field = { name: "year", first: 1, last: 9999, allowed: "1 to 9999" };

const nicknames: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/** The start of the first year that a pattern can name. */
const startOfYears = Date.parse("0001-01-01T00:00Z");

/**
 * A parsed pattern: the local times at which it is due, in any time zone. A local time is what the wall clock shows, in ms since
 * the epoch as if the clock showed UTC.
 *
 * Checks every field itself, so that messages use the numbers of the dialect, and passes the fields without names to croner,
 * which computes the calendar.
 */
export class CronPattern {
  /** Whether seconds, minutes and hours have neither a wildcard nor a step with several values. */
  readonly isFixedTime: boolean;
  readonly #calendar: Cron;

  /** @throws InvalidArgumentError if the pattern is malformed or never matches */
  constructor(pattern: string) {
    const [seconds, minutes, hours, days, months, weekdays, years] = splitFields(pattern);
    const parse = (text: string, field: Field, parseItem = parseRange): ParsedField =>
      parseField(pattern, field, text, parseItem);
    const times = [parse(seconds, second), parse(minutes, minute), parse(hours, hour)];
    const dates = [
      /^LW$/i.test(days) ? { text: days } : parse(days, dayOfMonth, parseDay),
      parse(months, month),
      parseWeekdays(pattern, weekdays),
      parse(years, year),
    ];
    this.isFixedTime = !times.some(({ isSeries }) => isSeries);
    // Without a function, croner does not start a timer.
    this.#calendar = new Cron([...times, ...dates].map(({ text }) => text).join(" "), { utcOffset: 0 });
    if (this.firstLocalTime(startOfYears) < Number.POSITIVE_INFINITY) return;
    throw new InvalidArgumentError(
      `${quotePattern(pattern)} never matches: no date has its day of the month, month, weekday and year`,
    );
  }

  /** Returns the first local time at or after `from` at which the pattern is due; Infinity if there is none. */
  firstLocalTime(from: number): number {
    return this.#calendar.nextRun(new Date(from - 1))?.getTime() ?? Number.POSITIVE_INFINITY;
  }
}

type Fields = readonly [string, string, string, string, string, string, string];

function splitFields(pattern: string): Fields {
  const text = pattern.trim();
  if (text.startsWith("@") && !nicknames.has(text.toLowerCase())) {
    throw new InvalidArgumentError(`${quotePattern(pattern)} is not a nickname: use ${[...nicknames.keys()].join(", ")}`);
  }
  // Croner would read it as a date at which to run once.
  if (text.includes(":")) {
    const fix = 'use a pattern, such as "0 30 3 1 6 * 2030" for one time in that year';
    throw new InvalidArgumentError(`${quotePattern(pattern)} is a time or a date: ${fix}`);
  }
  const fields = (nicknames.get(text.toLowerCase()) ?? text).replaceAll("?", "*").split(/\s+/);
  const [a = "", b = "", c = "", d = "", e = "", f = "", g = ""] = fields;
  if (fields.length === 5) return ["0", a, b, c, d, e, "*"];
  if (fields.length === 6) return [a, b, c, d, e, f, "*"];
  if (fields.length === 7) return [a, b, c, d, e, f, g];
  const count = text === "" ? "no fields" : fields.length === 1 ? "1 field" : `${fields.length} fields`;
  const fix = "use 5 (minute, hour, day of the month, month, weekday), 6 (second before those) or 7 (year after those)";
  throw new InvalidArgumentError(`${quotePattern(pattern)} has ${count}: ${fix}`);
}

/** A field, or an item of its list, as it is passed to croner. */
interface ParsedField {
  readonly text: string;
  /** Whether a wildcard or a step makes it match several values. */
  readonly isSeries?: boolean;
}

type ParseItem = (text: string, field: Field) => ParsedField;

function parseField(pattern: string, field: Field, text: string, parseItem: ParseItem): ParsedField {
  const items = text.split(",").map((item) => {
    try {
      return parseItem(item, field);
    } catch (error) {
      if (!(error instanceof ItemError)) throw error;
      throw new InvalidArgumentError(`${quotePattern(pattern)} has the ${field.name} ${quote(item)}${error.message}`);
    }
  });
  return { text: items.map((item) => item.text).join(","), isSeries: items.some(({ isSeries }) => isSeries === true) };
}

/** An item is malformed. The message continues the sentence that names the item. */
class ItemError extends Error {}

/** Parses `*`, a value, or a range, with or without a step. */
function parseRange(text: string, field: Field): ParsedField {
  const { range, step: stepText } = /^(?<range>[^/]*)(?:\/(?<step>.*))?$/s.exec(text)?.groups ?? {};
  const step = stepText === undefined ? 1 : parseStep(stepText, field);
  if (range === "*") return { text, isSeries: field.first + step <= field.last };
  const [fromText = "", toText, more] = range?.split("-") ?? [];
  const from = parseValue(fromText, field);
  if (toText === undefined && stepText !== undefined) {
    throw new ItemError(`: use a range before the step, such as "${from}-${field.last}/${step}" or "*/${step}"`);
  }
  if (toText === undefined) return { text: `${from}` };
  if (more !== undefined) throw new ItemError(`: use one range, from ${field.allowed}`);
  const to = parseLast(toText, from, field);
  if (to < from) {
    const example = `"${from}-${field.last},${field.first}-${to}"`;
    throw new ItemError(`, which ends before it begins: use ${field.allowed}, in ascending order, such as ${example}`);
  }
  return from === to
    ? { text: `${from}` }
    : { text: `${from}-${to}/${step}`, isSeries: stepText !== undefined && from + step <= to };
}

function parseValue(text: string, { names = [], first, last, allowed }: Field): number {
  const index = names.indexOf(text.toUpperCase());
  const value = index >= 0 ? first + index : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= first && value <= last) return value;
  throw new ItemError(`: use ${allowed}`);
}

/** Parses the last value of a range. By name, Sunday ends a week, but `SUN-SUN` is one day. */
function parseLast(text: string, from: number, field: Field): number {
  return field === weekday && text.toUpperCase() === "SUN" && from > 0 ? 7 : parseValue(text, field);
}

function parseStep(text: string, field: Field): number {
  const most = field === weekday ? 7 : field.last - field.first + 1;
  const step = /^\d+$/.test(text) ? Number(text) : 0;
  if (step >= 1 && step <= most) return step;
  throw new ItemError(`: use a step of 1 to ${most}`);
}

/** Parses a day of the month: also `L` for the last one, and `15W` for the working day nearest to the 15th. */
function parseDay(text: string, field: Field): ParsedField {
  if (/^L$/i.test(text)) return { text };
  if (/^LW$/i.test(text)) throw new ItemError(' in a list: use "LW" alone, or 1 to 31');
  const day = /^(.*)W$/is.exec(text)?.[1];
  return day === undefined ? parseRange(text, field) : { text: `${parseValue(day, field)}W` };
}

/** Parses the weekdays: also with `#2` or `#L` for the second or the last one of a month, and a `+` before all of them. */
function parseWeekdays(pattern: string, text: string): ParsedField {
  const plus = text.startsWith("+") ? "+" : "";
  const parsed = parseField(pattern, weekday, text.slice(plus.length), (item, field) => {
    const [, days = item, occurrence = ""] = /^(.*?)(#.*|L)$/is.exec(item) ?? [];
    if (!/^(#?L|#[1-5]|)$/i.test(occurrence)) throw new ItemError(": use #1 to #5, or #L for the last one of a month");
    if (days === "*" && occurrence !== "") throw new ItemError(`: use ${field.allowed} before ${occurrence}`);
    return { text: `${parseRange(days, field).text}${occurrence}` };
  });
  return { text: `${plus}${parsed.text}` };
}

function quotePattern(pattern: string): string {
  return `The cron pattern ${quote(pattern)}`;
}

function quote(text: string): string {
  return JSON.stringify(cutText(text, 100));
}
