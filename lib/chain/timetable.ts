import type { SnapshotEntry } from "../runtime/snapshot.js";
import { IntervalTimetable } from "./interval-timetable.js";
import type { Repetition } from "./repetition.js";
import { WallClockTimetable } from "./wall-clock-timetable.js";

/** The due times of a repeated job, in ms on the clock of the timer queue. */
export interface Timetable {
  /** Starts anew at `start`. */
  begin(start: number): void;

  /**
   * When the next run is due, with its jitter, which is drawn once for each run. Infinity if there is no further run.
   * @throws ScheduleError if the schedule fails
   */
  nextDue(): number;

  /** The same in ms since the epoch. */
  nextDueDate(): number;

  /**
   * Moves past the next run, which starts now, and skips the others that are due by `now`. Returns the number of skipped runs.
   */
  takeDue(now: number): number;

  /** Skips the runs that are due by `now` except the last, while a run is under way. Returns the number of skipped runs. */
  skipAllButLast(now: number): number;

  /** Skips the runs that are due by `now`. Returns the number of skipped runs. */
  skipDue(now: number): number;

  /** The position as plain data, for another replica. `offset` is the clock of the replicas minus that of the timer queue. */
  save(offset: number): SnapshotEntry;

  /** Continues from a saved position. Returns false if that is not valid. */
  restore(entry: SnapshotEntry, offset: number): boolean;

  /** Sets when the next run is due, with the jitter that another replica has drawn. Returns false if it cannot be due then. */
  setNextDue(due: number): boolean;

  /**
   * The latest time at which the next run can be due, on the clock of the replicas. Only after `restore(entry, 0)`.
   * Undefined if the schedule fails.
   */
  latestDue(): number | undefined;
}

/**
 * @param worker for messages
 * @param offset of the clock of the replicas to that of the timer queue: the schedule of a distributed worker is on that clock
 */
export function timetableOf(repetition: Repetition, worker: string, offset?: number): Timetable {
  return repetition.interval === undefined
    ? new WallClockTimetable(repetition, worker, offset)
    : new IntervalTimetable(repetition);
}
