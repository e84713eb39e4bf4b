import type { Activity } from "../context/activity.js";
import { type Note, numberIn } from "../context/memory.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { ScheduleError } from "../errors/schedule-error.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { JobLink } from "./job-link.js";
import { isWithin } from "./next-turn.js";
import { Repeating } from "./repeating.js";
import type { ScheduledRepetition } from "./repetition.js";
import { nextTime } from "./schedule.js";

/**
 * How long at most the wall clock goes unwatched, in ms: people set it, and it goes on while a machine sleeps. A run that was
 * jumped over is late by no more than that.
 */
const longestSleep = 60_000;

/** How far, in ms, the clock must have been set back for times to come again. Less is a correction of it. */
const longestCorrection = 60_000;

/** Repeats a job at the times of a schedule, on the wall clock, and follows that when it is set. */
export class RepeatingOnSchedule extends Repeating {
  readonly #repetition: ScheduledRepetition;
  /** Up to here nothing is due any more. */
  #after = 0;
  /** When the next run is, jitter included. */
  #due = 0;
  /** What the clock showed when it was last looked at, and when that was by the monotonic clock. */
  #shown: number;
  #lookedAt: number;

  constructor(parent: Activity, job: JobLink, repetition: ScheduledRepetition) {
    super(parent, job);
    this.#repetition = repetition;
    this.#shown = Date.now();
    this.#lookedAt = TimerQueue.current().now();
  }

  protected override beginAnew(): void {
    const { startImmediately, initialDelay } = this.#repetition;
    // A time at the very end of the delay is not before that.
    this.#after = initialDelay === undefined ? this.#shown : this.#shown + initialDelay - 1;
    if (startImmediately && !this.isPaused) super.wake();
    else this.awaitNext();
  }

  protected override resume(note: Note): boolean {
    const after = numberIn(note, "after");
    if (after !== undefined) this.#after = after;
    return after !== undefined;
  }

  protected override isDueAt(time: number): boolean {
    const { schedule, jitter = 0 } = this.#repetition;
    const due = time + this.#shown - this.#lookedAt;
    try {
      if (!isWithin(due, nextTime(schedule, this.#after, this.name), jitter)) return false;
    } catch {
      // It is asked again, and told of then.
      return false;
    }
    this.#due = due;
    return true;
  }

  protected override get position(): Note {
    return { after: this.#after };
  }

  override wake(): void {
    if (this.lookAtClock()) this.awaitNext();
    else if (this.#shown >= this.#due || this.wantsRun) super.wake();
    else this.sleepTowardsDue();
  }

  protected override skip(): void {
    this.#after = Math.max(this.#after, Date.now());
  }

  protected override awaitDue(): void {
    this.lookAtClock();
    const { schedule, jitter = 0 } = this.#repetition;
    try {
      this.#due = nextTime(schedule, this.#after, this.name) + Math.random() * jitter;
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      this.settle(error);
      return;
    }
    if (this.aborted) {
      // The schedule is the user's, and may have had all stopped.
      this.settle("stopped");
    } else if (this.#due < Number.POSITIVE_INFINITY) {
      this.sleepTowardsDue();
    } else {
      new WorkerLogger(this.logger, this.name).info("is done for good: its schedule has no further time");
      this.settle("completed");
    }
  }

  private sleepTowardsDue(): void {
    const left = Math.max(this.#due - this.#shown, 0);
    if (!this.rests(this.#lookedAt + left)) this.sleep(Math.min(left, longestSleep));
  }

  /** Returns whether the clock was set back. What has been since then comes again. */
  private lookAtClock(): boolean {
    const { shown, lookedAt } = { shown: this.#shown, lookedAt: this.#lookedAt };
    this.#shown = Date.now();
    this.#lookedAt = TimerQueue.current().now();
    const setBackBy = this.#lookedAt - lookedAt - (this.#shown - shown);
    if (setBackBy <= longestCorrection) return false;
    this.#after -= setBackBy;
    return true;
  }

  override describe(status: WorkerStatus): void {
    super.describe(status);
    if (status.phase === "waiting" && !this.wantsRun) status.nextDue = Math.round(this.#due);
  }
}
