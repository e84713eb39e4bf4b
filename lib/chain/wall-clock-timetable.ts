import { ScheduleError } from "../errors/schedule-error.js";
import { epochOffset } from "../runtime/epoch.js";
import { numberIn, type SnapshotEntry } from "../runtime/snapshot.js";
import { isWithin } from "../timers/grid.js";
import { random } from "../timers/random.js";
import { TimerQueue } from "../timers/timer-queue.js";

import type { ScheduledRepetition } from "./repetition.js";
import { nextTime } from "./schedule.js";
import type { Timetable } from "./timetable.js";

/** By how much the clock must be set back, in ms, for times to come again. Less than that is a correction of the clock. */
const longestCorrection = 60_000;

/**
 * The most times that are counted one by one when they are skipped: calling a schedule takes time, and a machine may sleep for
 * months.
 */
const mostSkipped = 1_000;

/** The due times of a schedule, on the wall clock, also after that was set. */
export class WallClockTimetable implements Timetable {
  readonly #repetition: ScheduledRepetition;
  readonly #worker: string;
  /** The time on the wall clock up to which runs were taken or skipped. */
  #after = 0;
  /** When the next run is due on the wall clock, with its jitter, if that was drawn. */
  #drawn: number | undefined = undefined;
  /** The error of the schedule while times were skipped. Thrown when the next due time is read. */
  #failure: ScheduleError | undefined = undefined;
  /** The time of the timer queue when it was last read, and the time of the wall clock then. */
  #queueTime = TimerQueue.current().now();
  #wallTime: number;
  readonly #offset: number | undefined;

  /** @param offset of the wall clock to that of the timer queue, if it is not that of this process */
  constructor(repetition: ScheduledRepetition, worker: string, offset: number | undefined) {
    this.#repetition = repetition;
    this.#worker = worker;
    this.#offset = offset;
    this.#wallTime = this.#queueTime + (offset ?? epochOffset());
  }

  begin(start: number): void {
    const { initialDelay } = this.#repetition;
    // A time that has just come is over, also if the conversion lags behind by a ms.
    const now = this.#offset === undefined ? Math.max(this.#wallTime, Date.now()) : this.#wallTime;
    const date = now + Math.max(start - this.#queueTime, 0);
    // A time at the end of the delay is not left out.
    this.#after = initialDelay === undefined ? date : date + initialDelay - 1;
  }

  nextDue(): number {
    this.readClock();
    return this.#queueTime + this.nextDate() - this.#wallTime;
  }

  nextDueDate(): number {
    this.readClock();
    return this.nextDate();
  }

  private nextDate(): number {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#drawn !== undefined) return this.#drawn;
    const { jitter = 0 } = this.#repetition;
    return (this.#drawn = this.nextTime() + random() * jitter);
  }

  /** Without its jitter. */
  private nextTime(): number {
    return nextTime(this.#repetition.schedule, this.#after, this.#worker);
  }

  takeDue(now: number): number {
    this.readClock();
    this.moveTo(this.nextDate());
    return this.skipDue(now);
  }

  skipAllButLast(now: number): number {
    this.readClock();
    const date = this.#wallTime + now - this.#queueTime;
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

  skipDue(now: number): number {
    this.readClock();
    const date = this.#wallTime + now - this.#queueTime;
    let skipped = 0;
    try {
      for (; this.nextDate() <= date; skipped++) {
        // Further times are skipped without being counted.
        this.moveTo(skipped < mostSkipped ? this.nextDate() : date);
      }
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      this.#failure = error;
    }
    return skipped;
  }

  /** Leaves out times that come within the jitter of another. */
  private moveTo(date: number): void {
    this.#after = date;
    this.#drawn = undefined;
    this.#failure = undefined;
  }

  /** If the clock was set back, the times since then come again. */
  private readClock(): void {
    const [wallTime, queueTime] = [this.#wallTime, this.#queueTime];
    this.#queueTime = TimerQueue.current().now();
    this.#wallTime = this.#queueTime + (this.#offset ?? epochOffset());
    const setBackBy = this.#queueTime - queueTime - (this.#wallTime - wallTime);
    if (setBackBy > longestCorrection) this.moveTo(this.#after - setBackBy);
  }

  save(): SnapshotEntry {
    return { after: this.#after };
  }

  restore(entry: SnapshotEntry): boolean {
    const after = numberIn(entry, "after");
    if (after !== undefined) this.moveTo(after);
    return after !== undefined;
  }

  setNextDue(due: number): boolean {
    this.readClock();
    const date = this.#wallTime + due - this.#queueTime;
    try {
      const time = this.nextTime();
      if (!isWithin(date, time, this.#repetition.jitter ?? 0)) return false;
      // A time before the scheduled one would make that come again.
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
