import type { Activity } from "../context/activity.js";
import type { Link } from "../context/link.js";
import type { Logger } from "../context/logger.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { addRuns, type Runs } from "../context/runs.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { WorkerStatus } from "../context/worker-status.js";
import type { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { WorkerExitedPrematurelyError } from "../errors/worker-exited-prematurely-error.js";
import { channels } from "../events/channels.js";
import { TimerQueue } from "../time/timer-queue.js";
import { type RunOptions, runUnder } from "./bridge.js";
import type { NamedActivity } from "./named.js";
import { RunAll } from "./run-all.js";
import { Stopping } from "./stopping.js";
import type { Worker, WorkerFunc } from "./worker.js";
import { workerLink } from "./worker-link.js";

/**
 * Starts all workers and waits until all have ended. As soon as the first fails or returns, the rest are aborted; one
 * that is done for good leaves them alone.
 *
 * Resolves if the signal was aborted and no worker failed. Otherwise rejects with {@link WorkersFailedError}, which holds
 * every error; a worker that returned before the abort contributes a {@link WorkerExitedPrematurelyError}. Under a signal
 * that is aborted already, nothing is started. There is no deadline: for one that names who hangs, see {@link bootstrap}.
 * @param options a signal and a logger; a {@link WorkerContext} serves as both, and makes this a part of that worker
 *
 * Rejects with an {@link InvalidArgumentError} if one is not a worker; nothing has been started then.
 */
export async function runAllWorkers(workers: Iterable<Worker | WorkerFunc>, options: RunOptions = {}): Promise<void> {
  const links = Array.from(workers, workerLink);
  await runUnder(options, { activity: (parent) => new RunAllWorkers(parent, links) });
}

/** How {@link RunAllWorkers} stops, and where it writes to. */
export interface RosterOptions {
  /** How long after an abort, in ms, those that have not stopped are given up on and named. Never by default. */
  readonly shutdownTimeout?: number;
  /** The members in the batches in which they are stopped, one after the other. All in one by default. */
  readonly batches?: ((members: readonly NamedActivity[]) => NamedActivity[][]) | undefined;
  /** Told of those whose time is over. With this, nobody is given up on, however long it takes. */
  readonly onLate?: (error: ShutdownTimeoutError) => void;
  /** Its parent's by default. */
  readonly logger?: Logger | undefined;
}

/** Workers side by side: the end of one is the end of all, unless it is done for good. */
export class RunAllWorkers extends RunAll {
  protected readonly options: RosterOptions;
  readonly #run: Runs = { count: 1, lastStart: TimerQueue.current().now(), lastDuration: -1 };
  #stopping: Stopping | undefined;

  constructor(parent: Activity, links: readonly Link[], options: RosterOptions = {}) {
    super(parent, links, "worker");
    this.options = options;
  }

  override get logger(): Logger {
    return this.options.logger ?? super.logger;
  }

  /** What the end of a member means: to return is to fail, unless one was told to stop. */
  #judge(outcome: Outcome, member: Activity): Outcome {
    if (outcome !== "done" || this.aborted) return outcome;
    const error = new WorkerExitedPrematurelyError(member.name);
    // What looked like a run that was done has failed after all, and its health is to say so.
    member.ran({ count: 0, lastStart: 0, lastDuration: -1 }, error);
    return error;
  }

  protected override ended(outcome: Outcome, member: Activity): void {
    if (this.#stopping?.wasGivenUp(member) === true) {
      this.running--;
      this.log(member, outcome, "ended after the shutdown timeout");
      return;
    }
    const first = !this.aborted;
    const verdict = this.#judge(outcome, member);
    if (isFailure(verdict)) this.log(member, verdict, this.#told(first, member));
    super.ended(verdict, member);
    this.#stopping?.hasStopped(member);
    // One that is done for good leaves the others alone; and whoever has stopped all leaves it to them to be told in their turn.
    if (verdict === "completed" || verdict === "stopped") return;
    if (first && this.running > 0) this.abort(new DOMException(`${member.name} has ended, so the roster stops`, "AbortError"));
  }

  /** What a failure leads to, for the log. */
  #told(first: boolean, member: Activity): string {
    if (first) return "failed; the roster stops";
    return member.reason === undefined ? "failed before its turn to stop" : "failed while it stopped";
  }

  protected log(member: Activity, outcome: Outcome, message: string): void {
    const logger = new WorkerLogger(this.logger, member.name);
    if (isFailure(outcome)) logger.error({ err: outcome }, message);
    else logger.warn(message);
  }

  protected override stopWork(reason: unknown): void {
    if (channels.stop.isObserved) channels.stop.publish({ roster: this.name, reason });
    this.#stopping = new Stopping({
      batches: this.options.batches?.(this.members) ?? [[...this.members]],
      reason,
      timeoutOf: this.timeoutOf,
      onGivenUp: () => this.finish(),
      onLate: this.options.onLate,
    });
    this.#stopping.begin();
    // Nobody may be left to tell that all have ended.
    if (this.running === 0) this.finish();
  }

  /** How long a member may take to stop, in ms. */
  protected readonly timeoutOf = ({ link }: NamedActivity): number => {
    const { shutdownTimeout = Number.POSITIVE_INFINITY } = this.options;
    // Without a deadline, nobody has one: what is restarted is never to overlap with what has not stopped.
    return shutdownTimeout < Number.POSITIVE_INFINITY ? (link.timeToStop ?? shutdownTimeout) : shutdownTimeout;
  };

  override get toldToStopAt(): number | undefined {
    return this.#stopping?.toldAt;
  }

  override get isFailing(): boolean {
    return this.failures.length > 0;
  }

  protected override settle(outcome: Outcome): void {
    // To whoever contains it, a roster is a worker that runs on.
    // What members have left running under their signals is to stop as well.
    if (!this.aborted) for (const member of this.members) member.abort(new DOMException("The roster has ended", "AbortError"));
    this.parent.ran({ ...this.#run, lastDuration: TimerQueue.current().now() - this.#run.lastStart }, outcome);
    super.settle(outcome);
  }

  override describe(status: WorkerStatus): void {
    addRuns(status, this.#run);
  }

  protected override finish(): void {
    if (this.hasSettled) return;
    const timeout = this.#stopping?.timeout();
    if (timeout !== undefined && this.failures.length === 0) {
      this.callOffSleep();
      this.settle(timeout);
    } else {
      if (timeout !== undefined) this.failures.push({ worker: timeout.workers.join(", "), error: timeout });
      super.finish();
    }
  }
}
