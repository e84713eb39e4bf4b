import type { Activity } from "../context/activity.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { ScheduleError } from "../errors/schedule-error.js";
import type { JobLink } from "./job-link.js";
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
  /** When the clock was last looked at. */
  #looked: number;

  constructor(parent: Activity, job: JobLink, repetition: ScheduledRepetition) {
    super(parent, job);
    this.#repetition = repetition;
    this.#looked = Date.now();
  }

  override begin(): void {
    const { startImmediately, initialDelay = 0 } = this.#repetition;
    this.#after = Date.now() + initialDelay;
    if (startImmediately && !this.isPaused) super.wake();
    else this.awaitNext();
  }

  override wake(): void {
    if (this.clockWasSetBack()) this.awaitNext();
    else if (this.#looked >= this.#due || this.wantsRun) super.wake();
    else this.watchClock();
  }

  protected override skip(): void {
    this.#after = Math.max(this.#after, Date.now());
  }

  protected override awaitDue(): void {
    this.clockWasSetBack();
    const { schedule, jitter = 0 } = this.#repetition;
    try {
      this.#due = nextTime(schedule, this.#after, this.name) + Math.random() * jitter;
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      this.settle(error);
      return;
    }
    if (this.#due < Number.POSITIVE_INFINITY) {
      this.watchClock();
    } else {
      new WorkerLogger(this.logger, this.name).info("is done for good: its schedule has no further time");
      this.settle("completed");
    }
  }

  private watchClock(): void {
    this.sleep(Math.min(Math.max(this.#due - this.#looked, 0), longestSleep));
  }

  /** Looks at the clock. */
  private clockWasSetBack(): boolean {
    const before = this.#looked;
    this.#looked = Date.now();
    if (this.#looked >= before - longestCorrection) return false;
    this.#after = this.#looked;
    return true;
  }

  override describe(status: WorkerStatus): void {
    super.describe(status);
    if (status.phase === "waiting") status.nextDue = Math.round(this.#due);
  }
}
