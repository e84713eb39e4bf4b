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
  // An interval is 1 ms or more, and slots are counted from -1: anything else is not a grid.
  if (former < 1 || slot < -1 || !Number.isInteger(slot)) return undefined;
  if (Math.max(Math.abs(start), Math.abs(pointOfGrid(start, former, slot))) > latestTime) return undefined;
  return former === interval || slot < 0 ? { start, slot } : { start: pointOfGrid(start, former, slot), slot: 0 };
}

/** The latest, in ms since the epoch, that a Date can be: what is beyond that makes no sense. */
const latestTime = 8.64e15;

/** By how much, in ms, times differ that have been rounded on their way through the fleet. */
const rounding = 2;

/** Whether a time is a certain one, or that with a jitter. */
export function isWithin(time: number, point: number, jitter: number): boolean {
  return time >= point - rounding && time <= point + jitter + rounding;
}

/** When at the latest, on the fleet's clock, a job that waits for its next run is due, as it is declared now; undefined if that cannot be told. */
export function dueAfter(note: Note, repetition: Repetition, worker: string): number | undefined {
  const { jitter = 0 } = repetition;
  if (repetition.interval !== undefined) {
    const grid = gridIn(note, repetition.interval);
    return grid && pointOfGrid(grid.start, repetition.interval, grid.slot + 1) + jitter;
  }
  const after = numberIn(note, "after");
  return after === undefined ? undefined : nextTime(repetition.schedule, after, worker) + jitter;
}
