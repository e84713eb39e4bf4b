/**
 * A change of how far a wall clock is ahead of UTC, in ms: the clock shows `time + before` until `at`, and `time + after` from
 * then on. Forward (`after` is more), it skips the readings from `at + before` to `at + after`; back, it shows those from `at +
 * after` to `at + before` twice.
 */
export interface OffsetChange {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

const dayMs = 86_400_000;

/** The wall clock of a time zone. What it shows is in ms since the epoch, as if it showed UTC. */
export class WallClock {
  readonly #offsetAt: (time: number) => number;

  /**
   * @param timezone that of the process, if it is undefined
   * @throws RangeError if there is no such time zone
   */
  constructor(timezone: string | undefined) {
    if (timezone === undefined) {
      this.#offsetAt = processOffsetAt;
    } else {
      const format = offsetFormat(timezone);
      this.#offsetAt = (time) => parseOffset(format.format(time));
    }
  }

  /**
   * The change of the offset that is nearest to a time, or to a reading, within a day at least. If there is none, one that was
   * infinitely long ago and changed nothing.
   *
   * A day is more than any offset, and at least as much as any change of one. Two changes within three days would be seen as one:
   * since 1970, no zone has had two within seven.
   */
  changeNear(time: number): OffsetChange {
    const start = (Math.floor(time / dayMs) - 1) * dayMs;
    const end = start + 3 * dayMs;
    const before = this.#offsetAt(start);
    const after = this.#offsetAt(end);
    return { at: before === after ? Number.NEGATIVE_INFINITY : this.#firstOther(before, start, end), before, after };
  }

  /** The first second with another offset; it is between two times, the later of which has another. */
  #firstOther(offset: number, start: number, end: number): number {
    let [last, first] = [start / 1_000, end / 1_000];
    while (first - last > 1) {
      const middle = Math.floor((last + first) / 2);
      if (this.#offsetAt(middle * 1_000) === offset) last = middle;
      else first = middle;
    }
    return first * 1_000;
  }
}

function processOffsetAt(time: number): number {
  return -new Date(time).getTimezoneOffset() * 60_000;
}

/** Shared, as each takes tens of kB. */
const formats = new Map<string, Intl.DateTimeFormat>();

function offsetFormat(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, hour: "numeric", timeZoneName: "longOffset" });
    formats.set(timezone, format);
  }
  return format;
}

/** Reads the offset at the end of a text such as `"2 AM GMT+05:30"`; UTC has none. */
function parseOffset(text: string): number {
  const [, sign, hours, minutes, seconds = "0"] = /([+-])(\d+):(\d+)(?::(\d+))?$/.exec(text) ?? [];
  const offset = ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds)) * 1_000;
  return sign === "-" ? -offset : offset;
}
