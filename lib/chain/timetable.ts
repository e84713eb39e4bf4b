import type { SnapshotEntry } from "../runtime/snapshot.js";
import { IntervalTimetable } from "./interval-timetable.js";
import type { Repetition } from "./repetition.js";
import { WallClockTimetable } from "./wall-clock-timetable.js";

/** When the runs of a repeated job are due. Times are in ms on the clock of the timer queue. */
export interface Timetable {
  /** Begins anew at `start`. */
  begin(start: number): void;

  /**
   * When the next run is due, its jitter included: drawn once, so that it stays the same until that run is taken or skipped. Infinity if
   * there is no further run.
   * @throws ScheduleError if the schedule fails
   */
  nextDue(): number;

  /** The same in ms since the epoch. */
  nextDueDate(): number;

  /** The next run begins: takes it, and skips all others that are due by `now`. Returns how many those were. */
  take(now: number): number;

  /** Skips runs that are due by `now`, while one is under way: all but the last, which takes the place of all. Returns how many those were. */
  coalesce(now: number): number;

  /** Skips the runs that are due by `now`. Returns how many those were. */
  skip(now: number): number;

  /** Where this is, as plain data for another process. `offset` is its clock less that of the timer queue. */
  save(offset: number): SnapshotEntry;

  /** Goes on from where another was saved. Returns false if that makes no sense. */
  restore(note: SnapshotEntry, offset: number): boolean;

  /** Takes `due` as the time of the next run, if that is what it can be: another process has drawn its jitter. Returns whether it is. */
  adopt(due: number): boolean;

  /**
   * The latest time at which the next run is due, whatever its jitter, on the clock on which it was saved: only after `restore(note, 0)`.
   * Undefined if the schedule fails.
   */
  latestDue(): number | undefined;
}

/** @param worker for messages */
export function timetableOf(repetition: Repetition, worker: string): Timetable {
  return repetition.interval === undefined ? new WallClockTimetable(repetition, worker) : new IntervalTimetable(repetition);
}
