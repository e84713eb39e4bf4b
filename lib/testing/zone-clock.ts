const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A step of a time scale: a number of ms that fits into a day or is a number of days, or a number of months. */
export type ScaleStep = { readonly ms: number } | { readonly months: number };

/** A change of the offset from UTC, such as the start of summer time. */
export interface ClockChange {
  /** In ms since the epoch. */
  readonly at: number;
  /** How far the clock is put forward, in ms; negative if it is put back. */
  readonly by: number;
}

/** Part of the time in which the offset is the same. */
interface Span {
  readonly from: number;
  readonly to: number;
  /** In ms east of UTC. */
  readonly offset: number;
}

/** The wall clock of a time zone between two times. Its output does not depend on the locale of the machine. */
export class ZoneClock {
  readonly changes: readonly ClockChange[];
  readonly #spans: readonly Span[];
  readonly #format: Intl.DateTimeFormat;

  /** @param timezone an IANA name */
  constructor(timezone: string, start: number, end: number) {
    const digits = "2-digit";
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    });
    this.#spans = this.#findSpans(start, end);
    this.changes = this.#spans.slice(1).map(({ from, offset }, index) => ({
      at: from,
      by: offset - (this.#spans[index]?.offset ?? offset),
    }));
  }

  /** Looks at the offset once a day, and where it differs, for the minute of the change. */
  #findSpans(start: number, end: number): Span[] {
    const spans: Span[] = [];
    let [from, offset] = [start, this.#readOffset(start)];
    for (let at = start; at < end; at += day) {
      const next = Math.min(at + day, end);
      const later = this.#readOffset(next);
      if (later === offset) continue;
      let [before, after] = [at, next];
      while (after - before > minute) {
        const middle = Math.floor((before + after) / 2 / minute) * minute;
        if (middle <= before) break;
        if (this.#readOffset(middle) === offset) before = middle;
        else after = middle;
      }
      spans.push({ from, to: after, offset });
      [from, offset] = [after, later];
    }
    spans.push({ from, to: end, offset });
    return spans;
  }

  #readOffset(at: number): number {
    const parts = new Map(this.#format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    return local - Math.floor(at / 1_000) * 1_000;
  }

  /** In ms east of UTC. */
  offsetAt(at: number): number {
    return (this.#spans.find(({ to }) => at < to) ?? this.#spans.at(-1))?.offset ?? 0;
  }

  /** A date of which the UTC fields are those of the wall clock. */
  #local(at: number): Date {
    return new Date(at + this.offsetAt(at));
  }

  /** `2026-03-29` */
  date(at: number): string {
    return this.#local(at).toISOString().slice(0, 10);
  }

  /** `29 Mar` */
  dayAndMonth(at: number): string {
    const local = this.#local(at);
    return `${local.getUTCDate()} ${months[local.getUTCMonth()]}`;
  }

  /** `Mar`, and the year in January */
  month(at: number): string {
    const local = this.#local(at);
    return local.getUTCMonth() === 0 ? String(local.getUTCFullYear()) : (months[local.getUTCMonth()] ?? "");
  }

  /** `02:30`, or `02:30:10` if the seconds are not 0 */
  shortTime(at: number): string {
    const time = this.time(at);
    return time.endsWith(":00") ? time.slice(0, 5) : time;
  }

  /** `02:30:10` */
  time(at: number): string {
    return this.#local(at).toISOString().slice(11, 19);
  }

  /** `2026-03-29 02:30:10`, with the offset from UTC if that changes: a time may come twice. */
  dateAndTime(at: number): string {
    const plain = `${this.date(at)} ${this.time(at)}`;
    return this.changes.length === 0 ? plain : `${plain} ${this.#offsetText(at)}`;
  }

  /** As {@link dateAndTime}, without the date if the clock shows less than two days. */
  moment(at: number): string {
    const [first, last] = [this.#spans[0]?.from ?? at, this.#spans.at(-1)?.to ?? at];
    return last - first > 36 * hour ? this.dateAndTime(at) : this.dateAndTime(at).slice(11);
  }

  #offsetText(at: number): string {
    const minutes = Math.round(this.offsetAt(at) / minute);
    const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
    return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
  }

  /**
   * Returns when the wall clock shows a multiple of the step, in the order of time: a day begins at midnight, a week on Monday. A
   * time that the clock skips is taken as that of the change; one that comes twice is there twice.
   */
  ticks(step: ScaleStep): number[] {
    const found: number[] = [];
    let shown: number | undefined;
    for (const { from, to, offset } of this.#spans) {
      // What the clock has skipped is due at once.
      let wall = firstMultiple(step, shown === undefined ? from + offset : Math.min(shown, from + offset));
      for (; wall < to + offset; wall = nextMultiple(step, wall)) {
        const at = Math.max(wall - offset, from);
        if (at !== found.at(-1)) found.push(at);
      }
      shown = to + offset;
    }
    return found;
  }
}

/** The first multiple at or after a time of the wall clock. */
function firstMultiple(step: ScaleStep, wall: number): number {
  if ("months" in step) {
    const date = new Date(wall);
    const month = Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / step.months) * step.months);
    return month >= wall ? month : nextMultiple(step, month);
  }
  // The epoch was a Thursday.
  const origin = step.ms === 7 * day ? -3 * day : 0;
  return Math.ceil((wall - origin) / step.ms) * step.ms + origin;
}

function nextMultiple(step: ScaleStep, wall: number): number {
  if ("ms" in step) return wall + step.ms;
  const date = new Date(wall);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + step.months);
}
