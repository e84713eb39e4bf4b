import type { Schedule } from "watchbill";
import { dueTimes, years, type ZoneMinutes } from "./cron-oracle.fixture.js";

const hourMs = 3_600_000;

/** More times than these are compared around the changes of the clock only. */
const manyTimes = 2_000;

/** What was compared, and the first that differs, if one does. */
export interface Comparison {
  readonly compared: number;
  readonly difference?: string;
}

export function oracleTimes(pattern: string, minutes: ZoneMinutes): Float64Array {
  return Float64Array.from(dueTimes(pattern, minutes));
}

/**
 * Compares a schedule with all times of the oracle: each as the answer to the one before it, and those that follow the odd moments around
 * every change of the clock.
 */
export function compareTimes(schedule: Schedule, expected: Float64Array, changes: readonly number[]): Comparison {
  let compared = 0;
  const compareAt = (after: number, index: number): string | undefined => {
    compared++;
    const wanted = expected[index];
    const found = schedule.next(new Date(after))?.getTime();
    // The oracle knows nothing of the years that follow.
    if (found === wanted || (wanted === undefined && (found === undefined || found >= years.end))) return undefined;
    return `after ${show(after)}: is ${show(found)}, should be ${show(wanted)}`;
  };
  for (const [from, to] of spans(expected, changes)) {
    let after = from;
    for (let index = indexAfter(expected, from); (expected[index - 1] ?? from) < to; index++) {
      const difference = compareAt(after, index);
      if (difference !== undefined) return { compared, difference };
      if (index === expected.length) break;
      after = expected[index] ?? after;
    }
  }
  for (const after of oddMoments(changes)) {
    const difference = compareAt(after, indexAfter(expected, after));
    if (difference !== undefined) return { compared, difference };
  }
  return { compared };
}

/** All years, if there are few times in them. Otherwise some hours around the changes, or around one night if there are none. */
function spans(expected: Float64Array, changes: readonly number[]): [number, number][] {
  if (expected.length <= manyTimes) return [[years.start - 1, years.end]];
  const perDay = (expected.length / (years.end - years.start)) * 24 * hourMs;
  const half = (perDay <= 1_440 ? 5 : 2.5) * hourMs;
  const middles = changes.length > 0 ? changes : [Date.parse("2026-03-29T01:00Z")];
  return middles.map((middle) => [middle - half, middle + half]);
}

function oddMoments(changes: readonly number[]): number[] {
  const minutes = [-1_440, -121, -60.5, -60, -30, -1, 0, 15, 30, 45, 60, 90, 121, 1_440];
  return changes.flatMap((change) => minutes.flatMap((minute) => [-1, 0, 30_500].map((ms) => change + minute * 60_000 + ms)));
}

function indexAfter(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function show(time: number | undefined): string {
  return time === undefined ? "none" : new Date(time).toISOString();
}
