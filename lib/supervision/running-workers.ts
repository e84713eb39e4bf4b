import type { NamedTask } from "../chain/named.js";
import type { Engine } from "../distributed/engine.js";
import { listNames } from "../errors/list-names.js";
import type { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { WorkerExitedPrematurelyError } from "../errors/worker-exited-prematurely-error.js";
import { channels } from "../events/channels.js";
import type { Definition } from "../runtime/definition.js";
import type { Logger } from "../runtime/logger.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import { addRuns, type Runs } from "../runtime/runs.js";
import type { Task } from "../runtime/task.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { initialStatus, type WorkerStatus } from "../runtime/worker-status.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { RunAll } from "./run-all.js";
import { ShutdownSequence } from "./shutdown-sequence.js";

/** How {@link RunningWorkers} stops, and where it writes to. */
export interface RosterOptions {
  /** How long after an abort, in ms, those that have not stopped are given up on and named. Never by default. */
  readonly shutdownTimeout?: number;
  /** The members in the batches in which they are stopped, one after the other. All in one by default. */
  readonly batches?: ((members: readonly NamedTask[]) => NamedTask[][]) | undefined;
  /** What it is called in messages; `"the runner"` by default. */
  readonly itself?: string;
  /** Told of those whose time is over. With this, nobody is given up on, however long it takes. */
  readonly onLate?: (error: ShutdownTimeoutError) => void;
  /** Its parent's by default. */
  readonly logger?: Logger | undefined;
  /** Runs those members that are distributed. By default, that of the roster around this one. */
  readonly engine?: Engine | undefined;
}

/** How often to look for long runs that hold up the runs that are due, in ms. */
const timeBetweenLooks = 120_000;

/** Workers side by side: the end of one is the end of all, unless it is done for good. */
export class RunningWorkers extends RunAll {
  protected readonly options: RosterOptions;
  readonly #run: Runs = { count: 1, lastStart: TimerQueue.current().now(), lastDuration: -1 };
  #stopping: ShutdownSequence | undefined;
  #isUp = false;

  constructor(parent: Task, links: readonly Definition[], options: RosterOptions = {}) {
    super(parent, links, "worker");
    this.options = options;
  }

  override get logger(): Logger {
    return this.options.logger ?? super.logger;
  }

  override start(): void {
    super.start();
    if (this.sleeping) this.sleep(Math.min(this.parent.resetAfter, timeBetweenLooks));
  }

  /** Like a continuous worker, it is well once it has stayed up for long enough. */
  override wake(): void {
    const now = TimerQueue.current().now();
    const { resetAfter } = this.parent;
    const upFor = now - this.#run.lastStart;
    if (!this.#isUp && !this.aborted && upFor >= resetAfter) {
      this.#isUp = true;
      this.parent.onRecovered();
    }
    for (const member of this.members) member.checkRun(now);
    // One that is being stopped will not be up any more.
    const isDecided = this.#isUp || this.aborted;
    this.sleep(isDecided ? timeBetweenLooks : Math.min(resetAfter - upFor, timeBetweenLooks));
  }

  get engine(): Engine | undefined {
    return this.options.engine;
  }

  /** How a member has exited: one that returns by itself has failed, unless it was asked to stop. */
  private classifyExit(outcome: Outcome, member: Task): Outcome {
    if (outcome !== "done" || this.aborted) return outcome;
    const error = new WorkerExitedPrematurelyError(member.name);
    // What looked like a run that was done has failed after all, and its health is to say so.
    member.onRunCompleted({ count: 0, lastStart: 0, lastDuration: -1 }, error);
    return error;
  }

  protected override onChildExit(outcome: Outcome, member: Task): void {
    if (this.#stopping?.wasGivenUp(member) === true) {
      this.running--;
      this.log(member, outcome, "ended after the shutdown timeout");
      if (isFailure(outcome) && !this.hasSettled) this.failures.push({ worker: member.name, error: outcome });
      return;
    }
    const first = !this.aborted;
    const verdict = this.classifyExit(outcome, member);
    if (isFailure(verdict) && !member.problemLog.takeConclusion(member, verdict))
      this.log(member, verdict, `failed${this.consequenceOf(member)}`);
    super.onChildExit(verdict, member);
    this.#stopping?.hasStopped(member);
    // One that is done for good leaves the others alone; and whoever has stopped all leaves it to them to be told in their turn.
    if (verdict === "completed" || verdict === "stopped") return;
    if (first && this.running > 0)
      this.abort(new DOMException(`${member.name} has ended, so ${this.itself} stops`, "AbortError"));
  }

  override consequenceOf(member: Task): string {
    if (!this.aborted) return `; ${this.itself} stops`;
    return member.reason === undefined ? " before its turn to stop" : " while it stopped";
  }

  private get itself(): string {
    return this.options.itself ?? "the runner";
  }

  protected log(member: Task, outcome: Outcome, message: string): void {
    if (isFailure(outcome)) member.problemLog.failedFinally(member, outcome, message);
    else new WorkerLogger(this.logger, member.name).warn(message);
  }

  protected override cancelWork(reason: unknown): void {
    if (this.hasSettled) {
      for (const member of this.members) member.abort(reason);
      return;
    }
    if (channels.stop.isObserved) channels.stop.publish({ supervisor: this.name, reason });
    this.#stopping = new ShutdownSequence({
      batches: this.options.batches?.(this.members) ?? [[...this.members]],
      reason,
      timeoutOf: this.timeoutOf,
      onTold: () => {
        // Those that have not been begun yet will stop as they are.
        if (this.running === 0 || this.#stopping?.hasGivenUp === true) this.complete();
      },
      onLate: this.options.onLate,
      onSlow: (names, duration) => {
        // The outermost names those of all that it stops.
        if (this.isStoppedByAnother) return;
        const logger = new WorkerLogger(this.logger, this.name);
        logger.warn({ duration }, `still stopping after ${formatDuration(duration)}: ${listNames(names)}`);
      },
    });
    this.#stopping.start();
  }

  private get isStoppedByAnother(): boolean {
    for (let outer = this.parent; outer !== outer.parent; outer = outer.parent)
      if (outer instanceof RunningWorkers && outer.#stopping !== undefined) return true;
    return false;
  }

  /** Whether all have been told to stop, but this one's turn is still to come. */
  protected awaitsItsTurn(member: NamedTask): boolean {
    return this.#stopping?.isToBeTold(member) === true;
  }

  /** Another takes the place of a member, also in the order of the stop. */
  protected override swap(member: NamedTask, successor: NamedTask): void {
    super.swap(member, successor);
    this.#stopping?.swap(member, successor);
  }

  override unref(): void {
    this.#stopping?.callOff();
    super.unref();
  }

  /** How long a member may take to stop, in ms. */
  protected readonly timeoutOf = ({ link }: NamedTask): number => {
    const { shutdownTimeout = Number.POSITIVE_INFINITY } = this.options;
    // Without a deadline, nobody has one: what is restarted is never to overlap with what has not stopped.
    return shutdownTimeout < Number.POSITIVE_INFINITY ? link.timeToStop(shutdownTimeout) : shutdownTimeout;
  };

  override get toldToStopAt(): number | undefined {
    return this.#stopping?.toldAt;
  }

  override get isFailing(): boolean {
    return this.failures.length > 0;
  }

  protected override exit(outcome: Outcome): void {
    // What members have left running under their signals is to stop as well.
    if (!this.aborted)
      for (const member of this.members) member.abort(new DOMException(`${this.itself} has ended`, "AbortError"));
    // To whoever contains it, a roster is a worker that runs on.
    this.parent.onRunCompleted({ ...this.#run, lastDuration: TimerQueue.current().now() - this.#run.lastStart }, outcome);
    super.exit(outcome);
  }

  /** As the row of one worker: it is not well if one of its members is not. */
  override describe(status: WorkerStatus): void {
    addRuns(status, this.#run);
    for (const member of this.members) {
      const row = initialStatus(member.name);
      member.describe(row);
      if (row.lastError === null || (row.health !== "firing" && row.attempt === 0)) continue;
      status.health = "firing";
      status.lastError = row.lastError;
    }
  }

  protected override complete(): void {
    if (this.hasSettled || !this.hasBegun) return;
    const timeout = this.#stopping?.timeout();
    if (timeout !== undefined && this.failures.length === 0) {
      this.cancelSleep();
      this.exit(timeout);
    } else {
      if (timeout !== undefined) this.failures.push({ worker: timeout.workers.join(", "), error: timeout });
      super.complete();
    }
  }
}
