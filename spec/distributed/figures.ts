import type { LoggedEvent } from "./replica-plan.js";

/** One run of a worker: it ends with the last event that its process logged for it. */
export interface Run {
  readonly pid: number;
  readonly begun: number;
  readonly over: number;
  readonly hasEnded: boolean;
}

/** Returns the runs of one worker, in order of their begin. */
export function runsIn(events: readonly LoggedEvent[]): Run[] {
  const runs: Run[] = [];
  for (const pid of new Set(events.map((event) => event.pid))) {
    const own = events.filter((event) => event.pid === pid);
    own.forEach(({ what, at }, index) => {
      if (what !== "begins") return;
      const next = own.findIndex((event, later) => later > index && event.what === "begins");
      const rest = own.slice(index + 1, next < 0 ? undefined : next);
      const last = rest.find((event) => ["ends", "fails", "sees abort"].includes(event.what)) ?? rest.at(-1);
      runs.push({ pid, begun: at, over: last?.at ?? at, hasEnded: last?.what === "ends" });
    });
  }
  return runs.sort((one, other) => one.begun - other.begun);
}

/** Returns the pairs of runs in which the second begins before the first has ended. */
export function overlapsIn(runs: readonly Run[]): Run[][] {
  return runs.slice(1).flatMap((run, index) => {
    const before = runs[index];
    return before !== undefined && run.begun < before.over ? [[before, run]] : [];
  });
}

/** The tolerance, in ms: due times have fractions of a ms, logged times do not. */
const rounding = 2;

/**
 * Returns the slot of the timetable that each run belongs to. A run that begins within the tolerance of a due time belongs to that due
 * time, unless another run does and the slot before has none: then it is the late run of the slot before.
 */
function slotsOf(runs: readonly Run[], interval: number, point: number): number[] {
  const slotOf = (begun: number, error: number): number => Math.floor((begun + error - point) / interval);
  const slots: number[] = [];
  for (const [index, { begun }] of runs.entries()) {
    const slot = slotOf(begun, rounding);
    const before = runs[index - 1];
    if (before !== undefined && slots.at(-1) === slot) {
      const former = slotOf(before.begun, -rounding);
      if (former < slot && former !== slots.at(-2)) slots[index - 1] = former;
    }
    slots.push(slot);
  }
  return slots;
}

/** Returns, for each run that is not the first of its slot, how many ms after the previous run it began. */
export function repeatsIn(runs: readonly Run[], interval: number, point: number): number[] {
  const slots = slotsOf(runs, interval, point);
  return runs.flatMap(({ begun }, index) => {
    const before = runs[index - 1];
    return before !== undefined && slots[index] === slots[index - 1] ? [begun - before.begun] : [];
  });
}

/**
 * Compares runs with a fixed-interval timetable: counts second runs of a slot and slots without a run, and returns the sorted
 * lateness of the runs in ms.
 * @param point one of its due times
 */
export function compareWithTimetable(
  runs: readonly Run[],
  interval: number,
  point: number,
): { duplicates: number; gaps: number; lateness: number[] } {
  const slots = slotsOf(runs, interval, point);
  const [first = 0, last = 0] = [slots[0], slots.at(-1)];
  return {
    duplicates: slots.length - new Set(slots).size,
    gaps: last - first + 1 - new Set(slots).size,
    lateness: runs
      .map(({ begun }, index) => Math.max(0, begun - point - interval * (slots[index] ?? 0)))
      .sort((one, other) => one - other),
  };
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Returns the longest time between two events of the worker, in ms. */
export function longestSilence(events: readonly LoggedEvent[]): number {
  const times = events.filter(({ what }) => what === "writes" || what === "begins").map(({ at }) => at);
  return Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}
