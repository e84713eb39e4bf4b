import {
  type DeclarativeWorker,
  InvalidArgumentError,
  ShutdownTimeoutError,
  ThrownValueError,
  TimeoutError,
  UnknownWorkerError,
  WorkerNotRunningError,
} from "watchbill";
import type { RunLogs } from "./run-log.js";
import type { RunnerUnderTest, TrackedWorker } from "./runner-under-test.js";
import { PlannedError } from "./workloads.js";

export type Verb = "trigger" | "pause" | "resume" | "restart" | "remove";

/** How long a command may take that stops the worker, and any other, in ms on the clock of the event loop. */
const limits = { stopping: 3_000, any: 12_000 };

/** One command to one worker: what was true when it was sent, and whether its answer is correct. */
export class Command {
  readonly #number: number;
  readonly #sentAt: number;
  readonly #before: { readonly runs: number; readonly failures: number; readonly isRunning: boolean; readonly pausedAt: number };
  /** It may be rejected because of another command. */
  readonly #hasRivals: boolean;

  constructor(
    private readonly verb: Verb,
    private readonly target: TrackedWorker,
    private readonly runner: RunnerUnderTest,
    private readonly logs: RunLogs,
  ) {
    const { totalRuns: runs, totalFailures: failures, isRunning, pausedAt } = target;
    this.#before = { runs, failures, isRunning, pausedAt };
    this.#number = ++target.commands;
    this.#sentAt = logs.clock.now;
    // Also if a command that has settled stops the worker, and no run has begun since.
    this.#hasRivals = target.pendingCommands++ > 0 || target.runsWhenStopped === runs;
    for (const log of target.logs) {
      // For a trigger too: it runs a paused worker.
      log.isHeld = false;
      log.recordActivity();
    }
    if (verb !== "trigger") target.pausedAt = verb === "pause" ? this.#sentAt : Number.POSITIVE_INFINITY;
    if (this.#stops) target.runsWhenStopped = runs;
    if (verb !== "remove") return;
    target.state = "leaving";
    target.removedAt = this.#sentAt;
    target.worker = this.#workerInRunner ?? target.worker;
  }

  /** Sends the command to the runner. Returns what is wrong with the answer, if anything. */
  async send(): Promise<string | undefined> {
    try {
      await this.runner.runner[this.verb](this.target.name);
    } catch (error) {
      // A rejected restart does not end a pause. If something else has ended it, the driver resumes the worker once more.
      if (this.verb === "restart") this.target.pausedAt = Math.min(this.target.pausedAt, this.#before.pausedAt);
      return this.#checkTime() ?? this.#checkRejected(error);
    }
    return this.#checkTime() ?? this.#checkFulfilled();
  }

  toString(): string {
    return `${this.verb}(${this.target.name})`;
  }

  /** It waits for a run to end, which must not take longer than the shutdown timeout. */
  get #waitsForRun(): boolean {
    return this.#stops || this.verb === "pause";
  }

  /** It stops the worker. */
  get #stops(): boolean {
    return this.verb === "restart" || this.verb === "remove" || (this.verb === "pause" && this.target.traits.isContinuous);
  }

  get #workerInRunner(): DeclarativeWorker | undefined {
    return this.runner.runner.workers.find(({ name }) => name === this.target.name);
  }

  get #isLatest(): boolean {
    return this.target.commands === this.#number;
  }

  /** Counts the command as settled, and checks how long it took. */
  #checkTime(): string | undefined {
    this.target.pendingCommands--;
    const took = this.logs.clock.now - this.#sentAt;
    if (took <= (this.#waitsForRun ? limits.stopping : limits.any)) return undefined;
    return `${this.toString()} took ${Math.round(took)} ms of the event loop's time`;
  }

  #checkFulfilled(): string | undefined {
    const { verb, target } = this;
    if (verb === "trigger") {
      // A run has begun since that may have succeeded; the one that was in progress does not count.
      const { runs, failures, isRunning } = this.#before;
      const isServed = target.totalRuns - runs > target.totalFailures - failures - (isRunning ? 1 : 0);
      return isServed ? undefined : `${this.toString()} was fulfilled without a run that succeeded`;
    }
    if (verb === "remove") {
      target.state = "removed";
      if (this.#workerInRunner !== undefined) return `${this.toString()} was fulfilled, but the runner still has the worker`;
    }
    if (!this.#isLatest || (verb !== "pause" && verb !== "remove")) return undefined;
    if (target.isRunning) return `${this.toString()} was fulfilled while a run was in progress`;
    for (const log of target.logs) log.isHeld = true;
    return undefined;
  }

  #checkRejected(error: unknown): string | undefined {
    if (error instanceof ShutdownTimeoutError) return this.#checkHungWorkers(error);
    return this.#isJustified(error) ? undefined : `${this.toString()} was rejected without a reason: ${String(error)}`;
  }

  /** Whether `error` is a known error for a known cause. */
  #isJustified(error: unknown): boolean {
    const { verb, target } = this;
    const { isContinuous, timeout, stopsWithOthers } = target.traits;
    // Another command or the workers around it may be the cause.
    const isInterfered = this.#hasRivals || !this.#isLatest || stopsWithOthers || target.state !== "present";
    if (error instanceof UnknownWorkerError) return target.state !== "present";
    if (error instanceof WorkerNotRunningError) return isInterfered || target.isCompleted;
    if (verb !== "trigger") return false;
    if (error instanceof InvalidArgumentError) return isContinuous;
    if (error instanceof PlannedError) return target.logs.includes(error.log);
    if (error instanceof TimeoutError) return timeout !== undefined && target.logs.some(({ name }) => name === error.worker);
    if (error instanceof DOMException) return error.name === "AbortError" && isInterfered;
    return error instanceof ThrownValueError && typeof error.cause === "string";
  }

  /** Each worker that is named as hung must belong to the target, and have a run in progress. */
  #checkHungWorkers({ workers }: ShutdownTimeoutError): string | undefined {
    const { name: target, traits } = this.target;
    const wrong = workers.find((name) => !`/${name}/`.includes(`/${target}/`) || !this.logs.hasRunOf(name));
    if ((this.#waitsForRun || traits.stopsWithOthers) && workers.length > 0 && wrong === undefined) return undefined;
    const reason = wrong === undefined ? "without a cause" : `but ${wrong} was not`;
    return `${this.toString()} named ${workers.join(", ") || "no worker"} as hung, ${reason}`;
  }
}
