import type { Happening } from "./replica-plan.js";

/** One run of a worker, from its beginning until nothing more was heard of it. */
export interface Run {
  readonly pid: number;
  readonly begun: number;
  readonly over: number;
  readonly hasEnded: boolean;
}

/** The runs of one worker, in order. */
export function runsIn(happenings: readonly Happening[]): Run[] {
  const runs: Run[] = [];
  for (const pid of new Set(happenings.map((happening) => happening.pid))) {
    const own = happenings.filter((happening) => happening.pid === pid);
    own.forEach(({ what, at }, index) => {
      if (what !== "begins") return;
      const next = own.findIndex((happening, later) => later > index && happening.what === "begins");
      const rest = own.slice(index + 1, next < 0 ? undefined : next);
      const last = rest.find((happening) => ["ends", "fails", "heeds"].includes(happening.what)) ?? rest.at(-1);
      runs.push({ pid, begun: at, over: last?.at ?? at, hasEnded: last?.what === "ends" });
    });
  }
  return runs.sort((one, other) => one.begun - other.begun);
}

/** Pairs of runs of which the second begins before the first is over. */
export function overlapsIn(runs: readonly Run[]): Run[][] {
  return runs.slice(1).flatMap((run, index) => {
    const before = runs[index];
    return before !== undefined && run.begun < before.over ? [[before, run]] : [];
  });
}

/** Clocks are read in whole ms on one side, and in parts of one on the other. */
const rounding = 2;

/**
 * The slot of the grid that each run was for. A run that begins within the rounding of a point is that of the point, unless the point has
 * another, and the slot before has none: then it was the late one of that.
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

/** How many ms after the run before it each run began that was not the first of its slot. */
export function repeatsIn(runs: readonly Run[], interval: number, point: number): number[] {
  const slots = slotsOf(runs, interval, point);
  return runs.flatMap(({ begun }, index) => {
    const before = runs[index - 1];
    return before !== undefined && slots[index] === slots[index - 1] ? [begun - before.begun] : [];
  });
}

/**
 * How runs keep to a grid.
 * @param point any of its points
 */
export function onGrid(
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

/** The longest time without a sign of the worker. */
export function longestSilence(happenings: readonly Happening[]): number {
  const times = happenings.filter(({ what }) => what === "writes" || what === "begins").map(({ at }) => at);
  return Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}
