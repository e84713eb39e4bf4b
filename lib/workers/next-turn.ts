import { type Note, numberIn } from "../context/memory.js";
import { pointOfGrid } from "../time/grid.js";
import type { Repetition } from "./repetition.js";
import { nextTime } from "./schedule.js";

/** Where a job was on its grid in the last turn, on the fleet's clock. */
interface GridPosition {
  readonly start: number;
  /** The last slot that has been run; -1 if the first run is at the start itself. */
  readonly slot: number;
}

/**
 * Where on its grid a job goes on after what was written down of it. If its interval is another by now, a new grid begins where
 * the old one had come to.
 */
export function gridIn(note: Note, interval: number): GridPosition | undefined {
  const start = numberIn(note, "start");
  const slot = numberIn(note, "slot");
  const former = numberIn(note, "interval");
  if (start === undefined || slot === undefined || former === undefined) return undefined;
  return former === interval || slot < 0 ? { start, slot } : { start: pointOfGrid(start, former, slot), slot: 0 };
}

/** When, on the fleet's clock, a job that waits for its next run is due, as it is declared now; undefined if that cannot be told. */
export function dueAfter(note: Note, repetition: Repetition, worker: string): number | undefined {
  if (repetition.interval !== undefined) {
    const grid = gridIn(note, repetition.interval);
    return grid && pointOfGrid(grid.start, repetition.interval, grid.slot + 1);
  }
  const after = numberIn(note, "after");
  return after === undefined ? undefined : nextTime(repetition.schedule, after, worker);
}
