import {
  type Around,
  type BootstrapOptions,
  type CommandOptions,
  type DeclarativeWorker,
  type JobFunc,
  Runner,
  WatchbillError,
} from "../index.js";
import { silentLogger } from "./loggers.js";
import type { Replica } from "./memory-engine.js";
import { type ModelPlace, modelledWorker } from "./modelled-worker.js";
import type { Recorder } from "./recorder.js";
import type { RunPlan } from "./run-plan.js";

export interface ProcessOptions {
  /** From 1 on; a replica that replaces another has its number. */
  readonly number: number;
  readonly workers: readonly DeclarativeWorker[];
  readonly isReal: boolean;
  /** Whether it may be frozen, or die. */
  readonly isFragile: boolean;
  readonly engine: Replica | undefined;
  readonly bootstrap: Omit<BootstrapOptions, "engine" | "logger" | "signal" | "signals">;
  readonly recorder: Recorder;
  readonly planOf: (name: string) => RunPlan;
  readonly fakeOf: (name: string) => JobFunc | undefined;
  /** Wraps every run. */
  readonly around: readonly Around[];
}

/** One process of the simulated service: a runner of the library on the virtual clock. */
export class SimulatedProcess implements ModelPlace {
  readonly number: number;
  readonly planOf: (name: string) => RunPlan;
  readonly fakeOf: (name: string) => JobFunc | undefined;
  readonly runner: Runner;
  readonly engine: Replica | undefined;
  readonly isFragile: boolean;
  isDead = false;
  /** Whether it was asked to stop. */
  isStopping = false;
  readonly #recorder: Recorder;
  #frozen: { readonly thawed: Promise<void>; readonly resolve: () => void } | undefined;

  constructor({ number, workers, isReal, isFragile, engine, bootstrap, recorder, planOf, fakeOf, around }: ProcessOptions) {
    this.number = number;
    this.engine = engine;
    this.isFragile = isFragile;
    this.planOf = planOf;
    this.fakeOf = fakeOf;
    this.#recorder = recorder;
    const { resolve: _, only: _only, except: _except, ...options } = bootstrap;
    const own = isReal ? workers : workers.map((worker) => modelledWorker(worker, this));
    const note: Around = (_context, next) => {
      recorder.setReplica(number);
      return next();
    };
    this.runner = new Runner(own, {
      ...options,
      logger: silentLogger,
      signals: [],
      engine,
      // Nothing has to be noted, and no run be wrapped, if there is only one.
      around: [...(engine === undefined ? [] : [note]), ...around, ...(options.around ?? [])],
    });
  }

  /** Starts the runner. Calls back when it has ended, with its error if it has failed. */
  start(onEnd: (error: unknown) => void): void {
    this.runner.run().then(() => onEnd(undefined), onEnd);
  }

  /** Resolves when its runner has ended; its failures were recorded. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.runner.stop();
  }

  /** Sends a command. What is refused, or fails later, is in the record of the worker. */
  send(command: "trigger" | "pause" | "resume" | "restart", worker: string, options: CommandOptions): void {
    try {
      if (command === "resume") this.runner.resume(worker, options);
      else this.runner[command](worker, options).catch(() => {});
    } catch (error) {
      if (!(error instanceof WatchbillError)) throw error;
    }
  }

  /** The process dies: its runs never settle, its locks expire, and nothing of it is recorded any more. */
  kill(): void {
    this.isDead = true;
    this.engine?.kill();
    this.#recorder.dropRunsOf(this.number);
    // Its tasks are stopped, as they would go on in this process; that is not recorded.
    this.#recorder.isPaused = true;
    void this.stop();
    this.#recorder.isPaused = false;
  }

  freeze(): void {
    let resolve = (): void => {};
    const thawed = new Promise<void>((onThaw) => {
      resolve = onThaw;
    });
    this.#frozen = { thawed, resolve };
    this.engine?.freeze();
  }

  unfreeze(): void {
    this.engine?.thaw();
    this.#frozen?.resolve();
    this.#frozen = undefined;
  }

  thaw(): Promise<void> | undefined {
    return this.#frozen?.thawed;
  }
}
