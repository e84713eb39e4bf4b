const day = 86_400_000;

/** A change of the clocks of a time zone, in ms: they show `time + before` until `at`, and `time + after` from then on. */
export interface ClockChange {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/**
 * The changes of the clocks between two times, in order. Two changes within a day that take each other back are not found.
 * @param timezone that of the process by default
 * @throws RangeError if there is no such time zone
 */
export function clockChanges(from: number, to: number, timezone?: string): ClockChange[] {
  const offsetAt = offsets(timezone);
  const changes: ClockChange[] = [];
  let start = from;
  let before = offsetAt(start);
  while (start < to) {
    const end = Math.min(start + day, to);
    const after = offsetAt(end);
    if (after !== before) changes.push({ at: firstWithout(before, start, end, offsetAt), before, after });
    start = end;
    before = after;
  }
  return changes;
}

/** The first second with another offset than the one that `start` has and `end` has not. */
function firstWithout(offset: number, start: number, end: number, offsetAt: (time: number) => number): number {
  let [last, first] = [Math.floor(start / 1_000), Math.ceil(end / 1_000)];
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2);
    if (offsetAt(middle * 1_000) === offset) last = middle;
    else first = middle;
  }
  return first * 1_000;
}

function offsets(timezone: string | undefined): (time: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, hour: "numeric", timeZoneName: "longOffset" });
  return (time) => {
    const [, sign, hours, minutes, seconds = "0"] = /([+-])(\d+):(\d+)(?::(\d+))?$/.exec(format.format(time)) ?? [];
    const offset = ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds)) * 1_000;
    return sign === "-" ? -offset : offset;
  };
}
