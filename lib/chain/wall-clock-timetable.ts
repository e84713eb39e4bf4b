import { ScheduleError } from "../errors/schedule-error.js";
import { numberIn, type SnapshotEntry } from "../runtime/snapshot.js";
import { isWithin } from "../timers/grid.js";
import { TimerQueue } from "../timers/timer-queue.js";

import type { ScheduledRepetition } from "./repetition.js";
import { nextTime } from "./schedule.js";
import type { Timetable } from "./timetable.js";

/** How far, in ms, the clock must have been set back for times to come again. Less is a correction of it. */
const longestCorrection = 60_000;

/** The most times that are counted one by one when they are skipped: a schedule may be asked at some cost, and a machine sleep for months. */
const mostSkipped = 1_000;

/** Runs at the times of a schedule: on the wall clock, also after that was set. */
export class WallClockTimetable implements Timetable {
  readonly #repetition: ScheduledRepetition;
  readonly #worker: string;
  /** Up to here, by the wall clock, nothing is due any more. */
  #after = 0;
  /** When the next run is due by the wall clock, jitter included, once that was drawn. */
  #drawn: number | undefined = undefined;
  /** What the schedule failed with when times were skipped: thrown when the next run is asked for. */
  #failure: ScheduleError | undefined = undefined;
  /** What the wall clock showed when it was last looked at, and when that was on the clock of the timer queue. */
  #shown = Date.now();
  #lookedAt = TimerQueue.current().now();

  constructor(repetition: ScheduledRepetition, worker: string) {
    this.#repetition = repetition;
    this.#worker = worker;
  }

  begin(start: number): void {
    const { initialDelay } = this.#repetition;
    const date = this.#shown + Math.max(start - this.#lookedAt, 0);
    // A time at the very end of the delay is not before that.
    this.#after = initialDelay === undefined ? date : date + initialDelay - 1;
  }

  nextDue(): number {
    this.lookAtClock();
    return this.#lookedAt + this.nextDate() - this.#shown;
  }

  nextDueDate(): number {
    this.lookAtClock();
    return this.nextDate();
  }

  private nextDate(): number {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#drawn !== undefined) return this.#drawn;
    const { jitter = 0 } = this.#repetition;
    return (this.#drawn = this.nextTime() + Math.random() * jitter);
  }

  /** Without jitter. */
  private nextTime(): number {
    return nextTime(this.#repetition.schedule, this.#after, this.#worker);
  }

  take(now: number): number {
    this.lookAtClock();
    this.moveTo(this.nextDate());
    return this.skip(now);
  }

  coalesce(now: number): number {
    this.lookAtClock();
    const date = this.#shown + now - this.#lookedAt;
    const { schedule, jitter = 0 } = this.#repetition;
    let skipped = 0;
    try {
      while (skipped < mostSkipped && nextTime(schedule, this.nextDate(), this.#worker) + jitter <= date) {
        this.moveTo(this.nextDate());
        skipped++;
      }
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      this.#failure = error;
    }
    return skipped;
  }

  skip(now: number): number {
    this.lookAtClock();
    const date = this.#shown + now - this.#lookedAt;
    let skipped = 0;
    try {
      for (; this.nextDate() <= date; skipped++) {
        // Of more than that, the rest is not counted.
        this.moveTo(skipped < mostSkipped ? this.nextDate() : date);
      }
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      this.#failure = error;
    }
    return skipped;
  }

  /** Times that have come within the jitter of another are left out. */
  private moveTo(date: number): void {
    this.#after = date;
    this.#drawn = undefined;
    this.#failure = undefined;
  }

  /** If the clock was set back, what has been since then comes again. */
  private lookAtClock(): void {
    const [shown, lookedAt] = [this.#shown, this.#lookedAt];
    this.#shown = Date.now();
    this.#lookedAt = TimerQueue.current().now();
    const setBackBy = this.#lookedAt - lookedAt - (this.#shown - shown);
    if (setBackBy > longestCorrection) this.moveTo(this.#after - setBackBy);
  }

  save(): SnapshotEntry {
    return { after: this.#after };
  }

  restore(note: SnapshotEntry): boolean {
    const after = numberIn(note, "after");
    if (after !== undefined) this.moveTo(after);
    return after !== undefined;
  }

  adopt(due: number): boolean {
    this.lookAtClock();
    const date = this.#shown + due - this.#lookedAt;
    try {
      const time = this.nextTime();
      if (!isWithin(date, time, this.#repetition.jitter ?? 0)) return false;
      // Not before the time itself, which would come again.
      this.#drawn = Math.max(date, time);
      return true;
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      return false;
    }
  }

  latestDue(): number | undefined {
    try {
      return this.nextTime() + (this.#repetition.jitter ?? 0);
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      return undefined;
    }
  }
}
