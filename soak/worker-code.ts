import { getEventListeners } from "node:events";
import { DoNotRestart, TimeoutError, type WorkerContext } from "watchbill";
import type { Environment } from "./environment.js";
import type { Random, Weighted } from "./random.js";
import type { RunLog, RunResult } from "./run-log.js";

/** One way in which a run goes. */
export type RunOutcome = (context: WorkerContext, code: WorkerCode) => Promise<void> | void;

/** What the runs of a worker do. */
export interface Behavior {
  readonly outcomes: readonly Weighted<RunOutcome>[];
  /** The outcome of the first run, so that what the library keeps of a failure is kept early, and the heap levels off soon. */
  readonly first?: RunOutcome;
  /** The outcome while faults are off; otherwise the first of `outcomes`. */
  readonly withoutFaults?: RunOutcome;
  /** The timeout of a run, in ms. */
  readonly timeout?: number;
  /** A return completes the worker. */
  readonly completes?: boolean;
}

/**
 * The code of one worker: each run has a random outcome, is recorded in the run log, and must leave no listener on its signal.
 */
export class WorkerCode {
  constructor(
    readonly log: RunLog,
    readonly random: Random,
    readonly environment: Environment,
    private readonly behavior: Behavior,
  ) {}

  readonly run = (context: WorkerContext): Promise<void> | void => {
    const startedAt = performance.now();
    const end = (...thrown: unknown[]): void => {
      this.log.end(this.#resultOf(context, performance.now() - startedAt, thrown));
      if (this.log.totalRuns % 16 === 1) this.#checkForLeaks(context);
    };
    const fail = (error: unknown): never => {
      end(error);
      throw error;
    };
    this.log.begin(context.name);
    let running: Promise<void> | void;
    try {
      running = this.#pickOutcome()(context, this);
    } catch (error) {
      return fail(error);
    }
    return running === undefined ? end() : running.then(() => end(), fail);
  };

  #pickOutcome(): RunOutcome {
    const { outcomes, first, withoutFaults = outcomes[0]?.[0] } = this.behavior;
    // Picked in any case, so that the n-th run of a worker is the same in every fault mode.
    const outcome = this.random.pick(outcomes);
    if (this.environment.faultMode.isOff) return withoutFaults ?? outcome;
    return this.log.totalRuns === 1 && first !== undefined ? first : outcome;
  }

  /**
   * The result by the library's documentation, from what the code itself sees. A signal is created when first read, so few are
   * read.
   */
  #resultOf(context: WorkerContext, took: number, thrown: readonly unknown[]): RunResult {
    const { timeout, completes } = this.behavior;
    const [error] = thrown;
    if (error instanceof DoNotRestart) return "completed";
    if (timeout !== undefined && context.signal.reason instanceof TimeoutError) return "failed";
    if (thrown.length > 0) return context.signal.aborted && error === context.signal.reason ? "ended" : "failed";
    if (completes === true) return context.signal.aborted ? "ended" : "completed";
    // The library starts its clock earlier and stops it later than the code, by an unknown time on a slow machine.
    return timeout !== undefined && took >= timeout / 2 ? "uncertain" : "ended";
  }

  /** After a run nothing waits for its signal any more, and its context can be collected. */
  #checkForLeaks(context: WorkerContext): void {
    const { faults, leakCheck } = this.environment;
    const { length } = getEventListeners(context.signal, "abort");
    if (length > 0) faults.add("listeners", `${context.name}: ${length} on the signal of a run that has ended`);
    leakCheck.watch("contexts of runs", context);
  }
}
