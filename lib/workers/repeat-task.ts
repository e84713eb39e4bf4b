import { Activity } from "../context/activity.js";
import type { AsyncScope } from "../context/async-scope.js";
import { describeSleep } from "../context/describe-sleep.js";
import { type Memory, numberIn } from "../context/memory.js";
import type { Orders } from "../context/orders.js";
import type { Outcome } from "../context/outcome.js";
import { addRuns, type Runs } from "../context/runs.js";
import type { Turn } from "../context/turn.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { ScheduleError } from "../errors/schedule-error.js";
import { channels } from "../events/channels.js";
import type { MissedReason } from "../events/events.js";
import { formatDuration } from "../time/format-duration.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { RepeatLink } from "./repeat.js";
import { type Timetable, timetableOf } from "./timetable.js";

/** How long at most the wall clock goes unwatched, in ms: it may be set, and it goes on while a machine sleeps. */
const longestSleep = 60_000;

/** How long a run has to last before it is mentioned that it holds up the runs that are due, in ms. */
const longRun = 60_000;

const blocked = "the event loop was blocked, or the clock was set forward";

/** A repeated job at work: one run at a time, when its timetable says so or when one is requested. */
export class RepeatTask extends Activity {
  readonly #link: RepeatLink;
  readonly #timetable: Timetable;
  /** Kept here, and not asked for upwards at every run. Looked up again when they change. */
  #orders: Orders | undefined;
  /** Not asked for upwards at every run either. */
  readonly #turn: Turn | undefined;
  readonly #asyncScope: AsyncScope;
  #isWell = false;
  #count = 0;
  #lastStart = 0;
  #lastDuration = -1;

  constructor(parent: Activity, link: RepeatLink) {
    super(parent);
    this.#link = link;
    this.#timetable = timetableOf(link.repetition, this.name);
    this.#orders = parent.orders;
    this.#turn = parent.turn;
    this.#asyncScope = parent.asyncScope;
  }

  override get asyncScope(): AsyncScope {
    return this.#asyncScope;
  }

  override begin(): void {
    const note = this.#turn?.recall("repeat");
    if (note === undefined || !this.#timetable.restore(note, this.offset)) {
      this.#timetable.begin(this.beginsAt);
      if (this.#link.repetition.startImmediately && !this.isPaused) this.startNow();
      else this.awaitNext();
    } else if (note.isRunning === true) {
      // A run had begun elsewhere, and waits for its next attempt.
      this.#lastStart = (numberIn(note, "since") ?? TimerQueue.current().now() + this.offset) - this.offset;
      this.start(this.#link.job);
    } else {
      this.awaitTurn();
    }
  }

  /** The run of `startImmediately`, which is the first of an interval's grid, and none of a schedule's. */
  private startNow(): void {
    const now = TimerQueue.current().now();
    if (this.#link.repetition.interval !== undefined) this.#timetable.take(now);
    this.run(now);
  }

  /** The turn is for the next run: if nothing was declared anew, that is due when the turn is, jitter included. */
  private awaitTurn(): void {
    const due = this.#turn?.due ?? 0;
    if (this.wantsRun || !this.#timetable.adopt(due)) this.awaitNext();
    else if (!this.restsUntil(due)) this.sleepUntil(due);
  }

  /** The clock of the fleet less that of the timer queue. */
  private get offset(): number {
    return this.#turn?.offset ?? 0;
  }

  /** Hands the worker back until its next run, if that may be elsewhere. */
  private restsUntil(due: number): boolean {
    return this.#turn?.rest(due, "waiting") === true;
  }

  override leave(memory: Memory): void {
    const isRunning = this.child !== undefined;
    memory.write("repeat", { ...this.#timetable.save(this.offset), isRunning, since: this.#lastStart + this.offset });
    this.ran(this.runs, "stopped");
    super.leave(memory);
  }

  private get isPaused(): boolean {
    return this.#orders?.isPaused === true;
  }

  private get wantsRun(): boolean {
    return this.#orders?.wantsRun === true;
  }

  /** Sleeps until there is something to do: at once if a run is requested, never while it is paused, or else when the next run is due. */
  private awaitNext(): void {
    const orders = this.#orders;
    if (orders === undefined) {
      this.awaitDue();
    } else if (orders.wantsRun) {
      this.sleep(0);
    } else if (orders.isPaused && this.#turn === undefined) {
      this.sleepForEver();
      orders.rest();
    } else {
      this.awaitDue();
    }
  }

  private awaitDue(): void {
    const due = this.nextDue();
    if (due === undefined) return;
    if (this.aborted) {
      // The schedule is the user's, and may have stopped all workers.
      this.settle("stopped");
    } else if (due === Number.POSITIVE_INFINITY) {
      new WorkerLogger(this.logger, this.name).info("completed: its schedule has no further time");
      this.settle("completed");
    } else if (!this.restsUntil(due)) {
      this.sleepUntil(
        this.#link.repetition.interval === undefined ? Math.min(due, TimerQueue.current().now() + longestSleep) : due,
      );
    }
  }

  /** Undefined if the schedule fails, which ends this. */
  private nextDue(): number | undefined {
    try {
      return this.#timetable.nextDue();
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      this.settle(error);
      return undefined;
    }
  }

  override reconsider(): void {
    this.#orders = this.parent.orders;
    if (!this.sleeping) {
      super.reconsider();
      return;
    }
    const wasPaused = this.bucket?.keeper.dueOf(this) === Number.POSITIVE_INFINITY;
    this.callOffSleep();
    if (wasPaused && !this.isPaused) {
      this.miss(this.#timetable.skip(TimerQueue.current().now()), "paused");
    }
    this.awaitNext();
  }

  override wake(): void {
    const now = TimerQueue.current().now();
    const due = this.nextDue();
    if (due === undefined) return;
    // A requested run takes the place of one that is due, but not of one that is still to come, or that a pause holds back.
    if (due <= now && !this.isPaused) this.runDue(now, due);
    else if (this.wantsRun) this.run(now);
    else this.awaitNext();
  }

  /** Missed runs are coalesced into one, which is this. */
  private runDue(now: number, due: number): void {
    const missed = this.#timetable.take(now);
    if (this.aborted) {
      // The schedule is the user's, and has stopped all workers.
      this.settle("stopped");
      return;
    }
    const lastEnd = this.#lastStart + this.#lastDuration;
    this.miss(missed, this.#lastDuration >= 0 && lastEnd > due ? "busy" : "blocked");
    this.run(now);
  }

  private run(now: number): void {
    this.#lastStart = now;
    this.#count++;
    this.#orders?.runBegins();
    this.start(this.#link.job);
  }

  private miss(count: number, reason: MissedReason): void {
    if (count === 0) return;
    this.publishMissed(count, reason);
    // A pause is no problem.
    if (reason === "busy") this.problemLog.missed(this, count, `the run before took ${formatDuration(this.#lastDuration)}`);
    else if (reason === "blocked")
      this.problemLog.missed(this, count, this.#turn === undefined ? blocked : "no replica was free");
  }

  private publishMissed(count: number, reason: MissedReason): void {
    this.missed(count);
    if (channels.missed.isObserved) channels.missed.publish({ worker: this.name, count, reason });
  }

  protected override ended(outcome: Outcome): void {
    this.#lastDuration = TimerQueue.current().now() - this.#lastStart;
    // A run that returns after the request to stop may well have returned for that.
    const verdict = outcome === "done" && this.aborted ? "stopped" : outcome;
    this.#orders?.runEnds(verdict, this.reason);
    // Also after the request to stop: a run that returns has run. One that is cut short rejects, and is repeated elsewhere.
    if (outcome !== "stopped") this.#turn?.keep("repeat", this.#timetable.save(this.offset));
    if (verdict !== "done") {
      this.settle(verdict);
      return;
    }
    if (!this.#isWell) {
      this.#isWell = true;
      this.recovered();
    }
    this.awaitNext();
  }

  protected override settle(outcome: Outcome): void {
    this.ran(this.runs, outcome);
    super.settle(outcome);
  }

  override failing(error: Error): void {
    this.#isWell = false;
    this.#orders?.runEnds(error, undefined);
    super.failing(error);
  }

  override checkpoint(state: "done" | Error): void {
    this.#isWell = false;
    super.checkpoint(state);
  }

  override lookAtRun(now: number): void {
    const took = now - this.#lastStart;
    if (this.child === undefined || took < longRun) return;
    const missed = this.#timetable.coalesce(now);
    if (missed > 0) this.publishMissed(missed, "busy");
    if (this.dueDate() <= Date.now()) this.problemLog.stillRunning(this, this.#lastStart, took, missed);
  }

  private get runs(): Runs {
    return { count: this.#count, lastStart: this.#lastStart, lastDuration: this.#lastDuration };
  }

  override describe(status: WorkerStatus): void {
    addRuns(status, this.runs);
    describeSleep(status, this, this.isPaused ? "paused" : "waiting");
    const dueDate = this.dueDate();
    if (status.phase === "waiting" && !this.wantsRun && dueDate < Number.POSITIVE_INFINITY) status.nextDue = Math.round(dueDate);
    super.describe(status);
  }

  /** In ms since the epoch; Infinity also if the schedule fails, which is reported when it is asked in earnest. */
  private dueDate(): number {
    try {
      return this.#timetable.nextDueDate();
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      return Number.POSITIVE_INFINITY;
    }
  }
}
