import { Cron } from "croner";
import { cutText } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";

/** A field of a pattern: its name in messages, and its values. Names of values count from the first one. */
interface Field {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly names?: readonly string[];
  /** What to use, for messages. */
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
 * A pattern, read once: on which readings of a wall clock it is due. It knows no time zone: a reading is in ms since the epoch,
 * as if the clock showed UTC.
 *
 * Every field is checked here, so that messages have the dialect's own numbers, and handed to croner without names. Croner
 * computes the calendar.
 */
export class CronPattern {
  /** Whether neither a wildcard nor a step gives seconds, minutes or hours several values. */
  readonly isFixedTime: boolean;
  readonly #calendar: Cron;

  /** @throws InvalidArgumentError if it is not a pattern, or never matches */
  constructor(pattern: string) {
    const [seconds, minutes, hours, days, months, weekdays, years] = splitFields(pattern);
    const read = (text: string, field: Field, readItem = readRange): ReadField => readField(pattern, field, text, readItem);
    const times = [read(seconds, second), read(minutes, minute), read(hours, hour)];
    const dates = [
      /^LW$/i.test(days) ? { text: days } : read(days, dayOfMonth, readDay),
      read(months, month),
      readWeekdays(pattern, weekdays),
      read(years, year),
    ];
    this.isFixedTime = !times.some(({ isSeries }) => isSeries);
    // Without a function, it starts no timer.
    this.#calendar = new Cron([...times, ...dates].map(({ text }) => text).join(" "), { utcOffset: 0 });
    if (this.firstReading(startOfYears) < Number.POSITIVE_INFINITY) return;
    throw new InvalidArgumentError(
      `${quotePattern(pattern)} never matches: no date has its day of the month, month, weekday and year`,
    );
  }

  /** The first reading on which it is due, at or after another one; Infinity if there is none. */
  firstReading(from: number): number {
    return this.#calendar.nextRun(new Date(from - 1))?.getTime() ?? Number.POSITIVE_INFINITY;
  }
}

type Fields = readonly [string, string, string, string, string, string, string];

function splitFields(pattern: string): Fields {
  const text = pattern.trim();
  if (text.startsWith("@") && !nicknames.has(text.toLowerCase())) {
    throw new InvalidArgumentError(`${quotePattern(pattern)} is not a nickname: use ${[...nicknames.keys()].join(", ")}`);
  }
  // Croner would take it for a date at which something runs once.
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

/** A field, or an item of its list, as croner is to read it. */
interface ReadField {
  readonly text: string;
  /** Whether a wildcard or a step gives it several values. */
  readonly isSeries?: boolean;
}

type ReadItem = (text: string, field: Field) => ReadField;

function readField(pattern: string, field: Field, text: string, readItem: ReadItem): ReadField {
  const items = text.split(",").map((item) => {
    try {
      return readItem(item, field);
    } catch (error) {
      if (!(error instanceof ItemProblem)) throw error;
      throw new InvalidArgumentError(`${quotePattern(pattern)} has the ${field.name} ${quote(item)}${error.message}`);
    }
  });
  return { text: items.map((item) => item.text).join(","), isSeries: items.some(({ isSeries }) => isSeries === true) };
}

/** What is wrong with an item, as the rest of the sentence that names it. */
class ItemProblem extends Error {}

/** Reads `*`, a value, or a range, with or without a step. */
function readRange(text: string, field: Field): ReadField {
  const { range, step: stepText } = /^(?<range>[^/]*)(?:\/(?<step>.*))?$/s.exec(text)?.groups ?? {};
  const step = stepText === undefined ? 1 : readStep(stepText, field);
  if (range === "*") return { text, isSeries: field.first + step <= field.last };
  const [fromText = "", toText, more] = range?.split("-") ?? [];
  const from = readValue(fromText, field);
  if (toText === undefined && stepText !== undefined) {
    throw new ItemProblem(`: use a range before the step, such as "${from}-${field.last}/${step}" or "*/${step}"`);
  }
  if (toText === undefined) return { text: `${from}` };
  if (more !== undefined) throw new ItemProblem(`: use one range, from ${field.allowed}`);
  const to = readLast(toText, from, field);
  if (to < from) {
    const fix = `"${from}-${field.last},${field.first}-${to}"`;
    throw new ItemProblem(`, which ends before it begins: use ${field.allowed}, in ascending order, such as ${fix}`);
  }
  return from === to
    ? { text: `${from}` }
    : { text: `${from}-${to}/${step}`, isSeries: stepText !== undefined && from + step <= to };
}

function readValue(text: string, { names = [], first, last, allowed }: Field): number {
  const index = names.indexOf(text.toUpperCase());
  const value = index >= 0 ? first + index : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= first && value <= last) return value;
  throw new ItemProblem(`: use ${allowed}`);
}

/** The last value of a range. By name, Sunday is the end of a week, but `SUN-SUN` is one day. */
function readLast(text: string, from: number, field: Field): number {
  return field === weekday && text.toUpperCase() === "SUN" && from > 0 ? 7 : readValue(text, field);
}

function readStep(text: string, field: Field): number {
  const most = field === weekday ? 7 : field.last - field.first + 1;
  const step = /^\d+$/.test(text) ? Number(text) : 0;
  if (step >= 1 && step <= most) return step;
  throw new ItemProblem(`: use a step of 1 to ${most}`);
}

/** Reads a day of the month: also `L` for the last one, and `15W` for the working day nearest to the 15th. */
function readDay(text: string, field: Field): ReadField {
  if (/^L$/i.test(text)) return { text };
  if (/^LW$/i.test(text)) throw new ItemProblem(' in a list: use "LW" alone, or 1 to 31');
  const day = /^(.*)W$/is.exec(text)?.[1];
  return day === undefined ? readRange(text, field) : { text: `${readValue(day, field)}W` };
}

/** Reads the weekdays: also with `#2` or `#L` for the second or the last one of a month, and a `+` before all of them. */
function readWeekdays(pattern: string, text: string): ReadField {
  const plus = text.startsWith("+") ? "+" : "";
  const read = readField(pattern, weekday, text.slice(plus.length), (item, field) => {
    const [, days = item, occurrence = ""] = /^(.*?)(#.*|L)$/is.exec(item) ?? [];
    if (!/^(#?L|#[1-5]|)$/i.test(occurrence)) throw new ItemProblem(": use #1 to #5, or #L for the last one of a month");
    if (days === "*" && occurrence !== "") throw new ItemProblem(`: use ${field.allowed} before ${occurrence}`);
    return { text: `${readRange(days, field).text}${occurrence}` };
  });
  return { text: `${plus}${read.text}` };
}

function quotePattern(pattern: string): string {
  return `The cron pattern ${quote(pattern)}`;
}

function quote(text: string): string {
  return JSON.stringify(cutText(text, 100));
}
