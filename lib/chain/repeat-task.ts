import { ScheduleError } from "../errors/schedule-error.js";
import { channels } from "../events/channels.js";
import type { MissedReason } from "../events/events.js";
import type { AsyncScope } from "../runtime/async-scope.js";
import { describeSleep } from "../runtime/describe-sleep.js";
import type { LeasedRun } from "../runtime/leased-run.js";
import type { Outcome } from "../runtime/outcome.js";
import { addRuns, type Runs } from "../runtime/runs.js";
import { numberIn, type Snapshot } from "../runtime/snapshot.js";
import { Task } from "../runtime/task.js";
import type { WorkerCommands } from "../runtime/worker-commands.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { RepeatDefinition } from "./repeat.js";
import { type Timetable, timetableOf } from "./timetable.js";

/** How long at most the wall clock goes unwatched, in ms: it may be set, and it goes on while a machine sleeps. */
const longestSleep = 60_000;

/** How long a run has to last before it is mentioned that it holds up the runs that are due, in ms. */
const longRun = 60_000;

const blocked = "the event loop was blocked, or the clock was set forward";

/** A repeated job at work: one run at a time, when its timetable says so or when one is requested. */
export class RepeatTask extends Task {
  readonly #link: RepeatDefinition;
  readonly #timetable: Timetable;
  /** Kept here, and not asked for upwards at every run. Looked up again when they change. */
  #commands: WorkerCommands | undefined;
  /** Not asked for upwards at every run either. */
  readonly #leasedRun: LeasedRun | undefined;
  readonly #asyncScope: AsyncScope;
  #isWell = false;
  #count = 0;
  #lastStart = 0;
  #lastDuration = -1;

  constructor(parent: Task, link: RepeatDefinition) {
    super(parent);
    this.#link = link;
    this.#timetable = timetableOf(link.repetition, this.name);
    this.#commands = parent.commands;
    this.#leasedRun = parent.leasedRun;
    this.#asyncScope = parent.asyncScope;
  }

  override get asyncScope(): AsyncScope {
    return this.#asyncScope;
  }

  override start(): void {
    const note = this.#leasedRun?.restore("repeat");
    if (note === undefined || !this.#timetable.restore(note, this.offset)) {
      this.#timetable.begin(this.startTime);
      if (this.#link.repetition.startImmediately && !this.isPaused) this.startNow();
      else this.awaitNext();
    } else if (note.isRunning === true) {
      // A run had begun elsewhere, and waits for its next attempt.
      this.#lastStart = (numberIn(note, "since") ?? TimerQueue.current().now() + this.offset) - this.offset;
      this.startChild(this.#link.job);
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
    const due = this.#leasedRun?.due ?? 0;
    if (this.wantsRun || !this.#timetable.adopt(due)) this.awaitNext();
    else if (!this.restsUntil(due)) this.sleepUntil(due);
  }

  /** The clock of the fleet less that of the timer queue. */
  private get offset(): number {
    return this.#leasedRun?.offset ?? 0;
  }

  /** Hands the worker back until its next run, if that may be elsewhere. */
  private restsUntil(due: number): boolean {
    return this.#leasedRun?.suspendUntil(due, "waiting") === true;
  }

  override suspend(snapshot: Snapshot): void {
    const isRunning = this.child !== undefined;
    snapshot.write("repeat", { ...this.#timetable.save(this.offset), isRunning, since: this.#lastStart + this.offset });
    this.onRunCompleted(this.runs, "stopped");
    super.suspend(snapshot);
  }

  private get isPaused(): boolean {
    return this.#commands?.isPaused === true;
  }

  private get wantsRun(): boolean {
    return this.#commands?.wantsRun === true;
  }

  /** Sleeps until there is something to do: at once if a run is requested, never while it is paused, or else when the next run is due. */
  private awaitNext(): void {
    const commands = this.#commands;
    if (commands === undefined) {
      this.awaitDue();
    } else if (commands.wantsRun) {
      this.sleep(0);
    } else if (commands.isPaused && this.#leasedRun === undefined) {
      this.sleepForever();
      commands.rest();
    } else {
      this.awaitDue();
    }
  }

  private awaitDue(): void {
    const due = this.nextDue();
    if (due === undefined) return;
    if (this.aborted) {
      // The schedule is the user's, and may have stopped all workers.
      this.exit("stopped");
    } else if (due === Number.POSITIVE_INFINITY) {
      new WorkerLogger(this.logger, this.name).info("completed: its schedule has no further time");
      this.exit("completed");
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
      this.exit(error);
      return undefined;
    }
  }

  override onCommandsChanged(): void {
    this.#commands = this.parent.commands;
    if (!this.sleeping) {
      super.onCommandsChanged();
      return;
    }
    const wasPaused = this.bucket?.keeper.dueOf(this) === Number.POSITIVE_INFINITY;
    this.cancelSleep();
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
      this.exit("stopped");
      return;
    }
    const lastEnd = this.#lastStart + this.#lastDuration;
    this.miss(missed, this.#lastDuration >= 0 && lastEnd > due ? "busy" : "blocked");
    this.run(now);
  }

  private run(now: number): void {
    this.#lastStart = now;
    this.#count++;
    this.#commands?.runBegins();
    this.startChild(this.#link.job);
  }

  private miss(count: number, reason: MissedReason): void {
    if (count === 0) return;
    this.publishMissed(count, reason);
    // A pause is no problem.
    if (reason === "busy") this.problemLog.missed(this, count, `the run before took ${formatDuration(this.#lastDuration)}`);
    else if (reason === "blocked")
      this.problemLog.missed(this, count, this.#leasedRun === undefined ? blocked : "no replica was free");
  }

  private publishMissed(count: number, reason: MissedReason): void {
    this.onRunsMissed(count);
    if (channels.missed.isObserved) channels.missed.publish({ worker: this.name, count, reason });
  }

  protected override onChildExit(outcome: Outcome): void {
    this.#lastDuration = TimerQueue.current().now() - this.#lastStart;
    // A run that returns after the request to stop may well have returned for that.
    const verdict = outcome === "done" && this.aborted ? "stopped" : outcome;
    this.#commands?.runEnds(verdict, this.reason);
    // Also after the request to stop: a run that returns has run. One that is cut short rejects, and is repeated elsewhere.
    if (outcome !== "stopped") this.#leasedRun?.commit("repeat", this.#timetable.save(this.offset));
    if (verdict !== "done") {
      this.exit(verdict);
      return;
    }
    if (!this.#isWell) {
      this.#isWell = true;
      this.onRecovered();
    }
    this.awaitNext();
  }

  protected override exit(outcome: Outcome): void {
    this.onRunCompleted(this.runs, outcome);
    super.exit(outcome);
  }

  override onRunFailing(error: Error): void {
    this.#isWell = false;
    this.#commands?.runEnds(error, undefined);
    super.onRunFailing(error);
  }

  override reportHealth(state: "done" | Error): void {
    this.#isWell = false;
    super.reportHealth(state);
  }

  override checkRun(now: number): void {
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
