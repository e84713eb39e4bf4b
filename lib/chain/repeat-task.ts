import { ScheduleError } from "../errors/schedule-error.js";
import { channels } from "../events/channels.js";
import type { MissedReason } from "../events/events.js";
import { epochOf, timeOf } from "../runtime/epoch.js";
import type { LeasedRun } from "../runtime/leased-run.js";
import type { Outcome } from "../runtime/outcome.js";
import { addRuns, type RunCause, type RunStart, type Runs } from "../runtime/runs.js";
import { numberIn, type Snapshot } from "../runtime/snapshot.js";
import { Task } from "../runtime/task.js";
import type { WorkerCommands } from "../runtime/worker-commands.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { RepeatDefinition } from "./repeat.js";
import { type Timetable, timetableOf } from "./timetable.js";

/** After how long a run that holds up others is logged, in ms. */
const longRun = 60_000;

const blocked = "the event loop was blocked, or the clock was set forward";

/** Repeats a job: one run at a time, when it is due or requested. */
export class RepeatTask extends Task {
  readonly #definition: RepeatDefinition;
  readonly #timetable: Timetable;
  /** Kept here, as every run reads them; read again when they change. */
  #commands: WorkerCommands | undefined;
  /** Kept here, as every run reads them. */
  readonly #leasedRun: LeasedRun | undefined;
  #isHealthy = false;
  /** Why the last run was started, and when it was due, in whole ms: small integers cost no memory of their own. */
  #cause: RunCause = "schedule";
  #due = 0;
  /** In whole ms, on the clock of the timer queue. */
  #lastSuccess = -1;
  #count = 0;
  #lastStart = 0;
  #lastDuration = -1;

  constructor(parent: Task, definition: RepeatDefinition) {
    super(parent);
    this.#definition = definition;
    this.#commands = parent.commands;
    this.#leasedRun = parent.leasedRun;
    this.#timetable = timetableOf(definition.repetition, this.name, this.#leasedRun?.offset);
  }

  override start(): void {
    this.#commands?.takeResumed();
    const entry = this.#leasedRun?.takeEntry("repeat");
    if (entry === undefined || !this.#timetable.restore(entry, this.offset)) {
      this.#timetable.begin(this.startTime);
      if (this.#definition.repetition.startImmediately && !this.isPaused) this.startNow();
      else this.awaitNext();
    } else if (entry.isRunning === true) {
      // A run that was started in another replica waits for its next attempt.
      this.#cause = "retry";
      this.#lastStart = (numberIn(entry, "since") ?? TimerQueue.current().now() + this.offset) - this.offset;
      const due = numberIn(entry, "due");
      this.#due = due === undefined ? Math.round(this.#lastStart) + 0 : due - this.offset;
      this.startChild(this.#definition.job);
    } else {
      this.awaitLeasedRun();
    }
  }

  /** Starts the run of `startImmediately`, which is the first of the grid; a schedule has it in addition to its times. */
  private startNow(): void {
    const now = TimerQueue.current().now();
    if (this.#definition.repetition.interval !== undefined) this.#timetable.takeDue(now);
    if (this.wantsRun) this.run(now, this.#commands?.requestedAt ?? now, "command");
    else this.run(now, now, this.startCause);
  }

  /** The next run is due when the leased run is, jitter included, unless the declaration has changed. */
  private awaitLeasedRun(): void {
    const due = this.#leasedRun?.due ?? 0;
    if (this.wantsRun || !this.#timetable.setNextDue(due)) this.awaitNext();
    else if (!this.suspendsUntil(due)) this.sleepUntil(due);
  }

  /** The clock of the replicas minus that of the timer queue. */
  private get offset(): number {
    return this.#leasedRun?.offset ?? 0;
  }

  /** Returns the worker to the engine until its next run, if another replica may have that. */
  private suspendsUntil(due: number): boolean {
    return this.#leasedRun?.suspendUntil(due, "waiting") === true;
  }

  override suspend(snapshot: Snapshot): void {
    const isRunning = this.child !== undefined;
    snapshot.write("repeat", {
      ...this.#timetable.save(this.offset),
      isRunning,
      since: this.#lastStart + this.offset,
      due: this.scheduledAt,
    });
    this.onRunCompleted(this.runs, "stopped");
    super.suspend(snapshot);
  }

  private get isPaused(): boolean {
    return this.#commands?.isPaused === true;
  }

  private get wantsRun(): boolean {
    return this.#commands?.wantsRun === true;
  }

  /** Sleeps until the next run: not at all if one is requested, forever while it is paused. */
  private awaitNext(): void {
    const commands = this.#commands;
    if (commands === undefined) {
      this.awaitDue();
    } else if (commands.wantsRun) {
      this.sleep(0);
    } else if (commands.isPaused && this.#leasedRun === undefined) {
      this.sleepForever();
      commands.onIdle();
    } else {
      this.awaitDue();
    }
  }

  private awaitDue(): void {
    const due = this.nextDue();
    if (due === undefined) return;
    if (due === Number.POSITIVE_INFINITY) {
      new WorkerLogger(this.logger, this.name).info("completed: its schedule has no further time");
      this.exit("completed");
    } else if (!this.suspendsUntil(due)) {
      if (this.followsWallClock) TimerQueue.current().scheduleOnWallClock(this, due);
      else this.sleepUntil(due);
    }
  }

  /** If the wall clock is set, the next run is due at another moment: this wakes, and waits for that. */
  get followsWallClock(): boolean {
    return this.#definition.repetition.interval === undefined;
  }

  /** Undefined if the schedule fails, with which this exits. */
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
    if (this.#commands?.takeResumed() === true && this.#leasedRun === undefined)
      this.miss(this.#timetable.skipDue(TimerQueue.current().now()), "paused");
    if (this.sleeping) {
      this.cancelSleep();
      this.awaitNext();
    } else {
      super.onCommandsChanged();
    }
  }

  override onWake(): void {
    const now = TimerQueue.current().now();
    const due = this.nextDue();
    if (due === undefined) return;
    // A requested run replaces a run that is due, but not one that is due later or is held by a pause.
    if (due <= now && !this.isPaused) this.runDue(now, due);
    else if (this.wantsRun) this.run(now, this.#commands?.requestedAt ?? now, "command");
    else this.awaitNext();
  }

  /** Missed runs are coalesced into one: the run that starts here. */
  private runDue(now: number, due: number): void {
    const missed = this.#timetable.takeDue(now);
    const lastEnd = this.#lastStart + this.#lastDuration;
    this.miss(missed, this.#lastDuration >= 0 && lastEnd > due ? "busy" : "blocked");
    this.run(now, due, "schedule");
  }

  private run(now: number, due: number, cause: RunCause): void {
    this.#lastStart = now;
    // Without the sign of -0, which is not a small integer. On the clock of the replicas, the stored time is exact.
    this.#due = this.#leasedRun === undefined ? Math.round(due) + 0 : due;
    this.#cause = cause;
    this.#count++;
    this.#commands?.onRunStart();
    this.startChild(this.#definition.job);
  }

  private miss(count: number, reason: MissedReason): void {
    if (count === 0) return;
    this.publishMissed(count, reason);
    // Runs that are missed during a pause are not a problem.
    if (reason === "busy") this.problemLog.missed(this, count, `the run before took ${formatDuration(this.#lastDuration)}`);
    else if (reason === "blocked")
      this.problemLog.missed(this, count, this.#leasedRun === undefined ? blocked : "no replica ran it");
  }

  private publishMissed(count: number, reason: MissedReason): void {
    this.onRunsMissed(count);
    if (channels.missed.isObserved) channels.missed.publish({ worker: this.name, count, reason });
  }

  protected override onChildExit(outcome: Outcome): void {
    this.#lastDuration = TimerQueue.current().now() - this.#lastStart;
    // A run that returns after the request to stop may have been cut short.
    const result = outcome === "done" && this.aborted ? "stopped" : outcome;
    this.#commands?.onRunEnd(result, this.reason);
    // A run that returns counts as done, also after the request to stop. A run that was cut short rejects, and is repeated in
    // another replica.
    if (outcome !== "stopped") this.#leasedRun?.commit("repeat", this.#timetable.save(this.offset));
    if (result !== "done") {
      this.exit(result);
      return;
    }
    this.#lastSuccess = Math.round(this.#lastStart + this.#lastDuration);
    if (!this.#isHealthy) {
      this.#isHealthy = true;
      this.onRecovered();
    }
    this.awaitNext();
  }

  override exit(outcome: Outcome): void {
    this.onRunCompleted(this.runs, outcome);
    super.exit(outcome);
  }

  override onRunFailing(error: Error): void {
    this.#commands?.onRunEnd(error, undefined);
    super.onRunFailing(error);
  }

  override reportHealth(state: "done" | Error): void {
    this.#isHealthy = false;
    super.reportHealth(state);
  }

  override checkRun(now: number): number {
    const took = now - this.#lastStart;
    if (this.child !== undefined && took >= longRun) {
      const missed = this.#timetable.skipAllButLast(now);
      if (missed > 0) this.publishMissed(missed, "busy");
      if (this.dueDate() <= Date.now()) this.problemLog.stillRunning(this, this.#lastStart, took, missed);
    }
    // No run holds up another before that is due, and seldom for less than a minute.
    return timeOf(this.dueDate()) + longRun;
  }

  private get runs(): Runs {
    const [count, lastStart, lastDuration, lastSuccess] = [this.#count, this.#lastStart, this.#lastDuration, this.#lastSuccess];
    return { count, lastStart, lastDuration, lastSuccess };
  }

  override get runStart(): RunStart {
    return { cause: this.#cause, due: this.#due };
  }

  override get scheduledAt(): number {
    return this.#leasedRun === undefined ? epochOf(this.#due) : Math.round(this.#due + this.offset);
  }

  override describe(status: WorkerStatus): void {
    addRuns(status, this.runs);
    this.describeSleep(status, this.isPaused ? "paused" : "waiting");
    const dueDate = this.dueDate();
    if (status.phase === "waiting" && !this.wantsRun && dueDate < Number.POSITIVE_INFINITY) status.nextDue = Math.round(dueDate);
    super.describe(status);
  }

  /** In ms since the epoch. Infinity if the schedule fails, which is reported when the run is due. */
  private dueDate(): number {
    try {
      return this.#timetable.nextDueDate();
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      return Number.POSITIVE_INFINITY;
    }
  }
}
