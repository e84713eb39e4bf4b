/**
 * A change of the UTC offset of a wall clock, in ms: the clock shows `time + before` until `at`, and `time + after` from then on.
 * If the clock goes forward, it skips the local times from `at + before` to `at + after`; if it goes back, it shows those from
 * `at + after` to `at + before` twice.
 */
export interface OffsetChange {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

const dayMs = 86_400_000;

/** How many days a clock remembers: a few around now, and a few around the next time of each schedule. */
const mostDays = 256;

/** The wall clock of a time zone. A local time is what the clock shows, in ms since the epoch as if the clock showed UTC. */
export class WallClock {
  /** By time zone. Shared, because a format takes tens of kB, and because schedules ask for the same days. */
  static readonly #clocks = new Map<string, WallClock>();

  /**
   * Returns the clock of a time zone.
   * @param timezone an IANA name; undefined for the time zone of the process
   * @throws RangeError if the time zone does not exist
   */
  static of(timezone: string | undefined): WallClock {
    if (timezone === undefined) return new WallClock(processOffsetAt, false);
    let clock = WallClock.#clocks.get(timezone);
    if (clock === undefined) {
      const format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, hour: "numeric", timeZoneName: "longOffset" });
      clock = new WallClock((time) => parseOffset(format.format(time)), true);
      WallClock.#clocks.set(timezone, clock);
    }
    return clock;
  }

  readonly #offsetAt: (time: number) => number;
  /** Whether its offsets never change: the process may set another time zone for itself. */
  readonly isFixed: boolean;
  /** The change that is nearest to a day, by the start of the day before. */
  readonly #changes = new Map<number, OffsetChange>();

  private constructor(offsetAt: (time: number) => number, isFixed: boolean) {
    this.#offsetAt = offsetAt;
    this.isFixed = isFixed;
  }

  /**
   * Returns the offset change that is nearest to a time or a local time, at least if it is within a day. If there is none,
   * returns a change at -Infinity with equal offsets.
   *
   * A day is longer than any offset, and at least as long as any change of an offset. Two changes within three days would be seen
   * as one: since 1970, no time zone has had two within seven days.
   */
  nearestChange(time: number): OffsetChange {
    const start = (Math.floor(time / dayMs) - 1) * dayMs;
    if (!this.isFixed) return this.#computeChange(start);
    const known = this.#changes.get(start);
    if (known !== undefined) return known;
    const change = this.#computeChange(start);
    if (this.#changes.size >= mostDays) this.#changes.clear();
    this.#changes.set(start, change);
    return change;
  }

  #computeChange(start: number): OffsetChange {
    const end = start + 3 * dayMs;
    const before = this.#offsetAt(start);
    const after = this.#offsetAt(end);
    return { at: before === after ? Number.NEGATIVE_INFINITY : this.#findChange(before, start, end), before, after };
  }

  /** Returns the first second with another offset than `offset`, which `start` has and `end` does not. */
  #findChange(offset: number, start: number, end: number): number {
    let [before, after] = [start / 1_000, end / 1_000];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offsetAt(middle * 1_000) === offset) before = middle;
      else after = middle;
    }
    return after * 1_000;
  }
}

function processOffsetAt(time: number): number {
  return -new Date(time).getTimezoneOffset() * 60_000;
}

/** Parses the offset at the end of a text such as `"2 AM GMT+05:30"` into ms; 0 for UTC, which has none. */
function parseOffset(text: string): number {
  const [, sign, hours, minutes, seconds = "0"] = /([+-])(\d+):(\d+)(?::(\d+))?$/.exec(text) ?? [];
  const offset = ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds)) * 1_000;
  return sign === "-" ? -offset : offset;
}
