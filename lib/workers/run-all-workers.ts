import type { Activity } from "../context/activity.js";
import type { Link } from "../context/link.js";
import type { Logger } from "../context/logger.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { WorkerLogger } from "../context/worker-logger.js";
import { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { WorkerExitedPrematurelyError } from "../errors/worker-exited-prematurely-error.js";
import { formatDuration } from "../time/format-duration.js";
import { type RunOptions, runUnder } from "./bridge.js";
import { RunAll } from "./run-all.js";
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
  /** Its parent's by default. */
  readonly logger?: Logger | undefined;
}

/** Workers side by side: the end of one is the end of all, unless it is done for good. */
export class RunAllWorkers extends RunAll {
  readonly #shutdownTimeout: number;
  readonly #logger: Logger | undefined;
  #timedOut = false;

  constructor(
    parent: Activity,
    links: readonly Link[],
    { shutdownTimeout = Number.POSITIVE_INFINITY, logger }: RosterOptions = {},
  ) {
    super(parent, links, "worker");
    this.#shutdownTimeout = shutdownTimeout;
    this.#logger = logger;
  }

  override get logger(): Logger {
    return this.#logger ?? super.logger;
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
    if (this.#timedOut) {
      this.running--;
      this.#log(member, outcome, "ended after the shutdown timeout");
      return;
    }
    const first = !this.aborted;
    const verdict = this.#judge(outcome, member);
    if (isFailure(verdict)) this.#log(member, verdict, first ? "failed; the roster stops" : "failed while it stopped");
    super.ended(verdict, member);
    // One that is done for good leaves the others alone.
    if (verdict === "completed") return;
    if (first && this.running > 0) this.abort(new DOMException(`${member.name} has ended, so the roster stops`, "AbortError"));
  }

  #log(member: Activity, outcome: Outcome, message: string): void {
    const logger = new WorkerLogger(this.logger, member.name);
    if (isFailure(outcome)) logger.error({ err: outcome }, message);
    else logger.warn(message);
  }

  protected override stopWork(reason: unknown): void {
    super.stopWork(reason);
    if (this.running > 0) this.sleep(this.#shutdownTimeout);
  }

  /** Those that still run have had their time. */
  override wake(): void {
    const names: string[] = [];
    this.listRunning(names);
    const timeout = new ShutdownTimeoutError(names, formatDuration(this.#shutdownTimeout));
    this.#timedOut = true;
    if (this.failures.length === 0) {
      this.settle(timeout);
      return;
    }
    this.failures.push({ worker: names.join(", "), error: timeout });
    this.finish();
  }
}
