import type { Schedule } from "watchbill";
import type { ZoneMinutes } from "./cron-oracle.fixture.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A pattern with more times than this is compared around the changes of the clock only. */
const manyTimes = 2_000;

/** The number of compared times, and the first difference, if there is one. */
export interface Comparison {
  readonly compared: number;
  readonly difference?: string;
}

/**
 * Compares a schedule with the times of the oracle: each time requested with the one before it, and the times after moments
 * around every change of the clock.
 * @param isWhole whether to compare all times, if there are not too many, and not only those in the nights with a change
 */
export function compareTimes(
  schedule: Schedule,
  expected: readonly number[],
  { changes, start, end }: ZoneMinutes,
  isWhole = true,
): Comparison {
  let compared = 0;
  const compareAt = (after: number, index: number): string | undefined => {
    compared++;
    const wanted = expected[index];
    const found = schedule.next(new Date(after))?.getTime();
    // The oracle does not compute the years after its last.
    if (found === wanted || (wanted === undefined && (found === undefined || found >= end))) return undefined;
    return `after ${show(after)}: is ${show(found)}, should be ${show(wanted)}`;
  };
  const isComplete = isWhole && expected.length <= manyTimes;
  const isBySecond = expected.length / (end - start) > 1 / minuteMs;
  const nights = changes.length > 0 ? changes : [(start + end) / 2];
  for (const [from, to] of isComplete ? [[start - 1, end] as const] : spansAround(nights, (isBySecond ? 2.5 : 5) * hourMs)) {
    let after = from;
    for (let index = indexAfter(expected, from); (expected[index - 1] ?? from) < to; index++) {
      const difference = compareAt(after, index);
      if (difference !== undefined) return { compared, difference };
      if (index === expected.length) break;
      after = expected[index] ?? after;
    }
  }
  for (const after of isWhole ? momentsAround(changes) : []) {
    const difference = compareAt(after, indexAfter(expected, after));
    if (difference !== undefined) return { compared, difference };
  }
  return { compared };
}

/** Returns the time spans around some times. */
function spansAround(times: readonly number[], half: number): (readonly [number, number])[] {
  return times.map((time) => [time - half, time + half]);
}

function momentsAround(changes: readonly number[]): number[] {
  const minutes = [-1_440, -121, -60.5, -60, -30, -1, 0, 15, 30, 45, 60, 90, 121, 1_440];
  return changes.flatMap((change) => minutes.flatMap((minute) => [-1, 0, 30_500].map((ms) => change + minute * minuteMs + ms)));
}

function indexAfter(times: readonly number[], time: number): number {
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
