import { expect } from "chai";
import sinon from "sinon";
import {
  type BootstrapOptions,
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  type Runner,
  type WorkerContext,
} from "watchbill";
import { recorder, watch } from "../runner/orders.fixture.js";
import { MemoryFleet, type Replica } from "./memory-engine.fixture.js";

/** One run of the worker: when it began, in ms since the stage was set, where, and at which attempt. */
export interface Run {
  readonly at: number;
  readonly attempt: number;
  readonly where: string;
}

export const epoch = Date.UTC(2026, 10, 24);

/** One process with a worker `one` at work. */
export interface Process {
  readonly name: string;
  readonly runner: Runner;
  readonly run: { outcome: unknown };
  readonly lines: unknown[];
  readonly stop: AbortController;
}

/** Fake timers, and processes that run a worker `one`: those of a fleet, or one alone. Ticks without immediates in between. */
export class Stage {
  readonly clock = sinon.useFakeTimers({
    now: epoch,
    toNotFake: ["nextTick", "queueMicrotask", "setImmediate", "clearImmediate"],
  });
  readonly fleet: MemoryFleet;
  readonly runs: Run[] = [];
  readonly processes: Process[] = [];
  #underWay = 0;

  constructor(options: ConstructorParameters<typeof MemoryFleet>[0] = {}) {
    this.fleet = new MemoryFleet(options);
  }

  /** A process of the fleet. What it runs is recorded, and is dead when it is. */
  replica(options: DeclarativeWorkerOptions, settings: BootstrapOptions = {}): Process & { readonly engine: Replica } {
    const engine = this.fleet.replica();
    const recorded = this.#recorded({ ...options, distributed: true }, engine.name, () => engine.isDead);
    return { ...this.start([recorded], engine.name, { engine, ...settings }), engine };
  }

  /** Several that are the same. */
  replicas(count: number, options: DeclarativeWorkerOptions): (Process & { readonly engine: Replica })[] {
    return Array.from({ length: count }, () => this.replica(options));
  }

  /** A process that knows of no fleet. */
  alone(options: DeclarativeWorkerOptions, settings: BootstrapOptions = {}): Process {
    return this.start([this.#recorded(options, "alone", () => false)], "alone", settings);
  }

  start(sources: readonly object[], name: string, settings: BootstrapOptions = {}): Process {
    const { lines, logger } = recorder();
    const stop = new AbortController();
    const runner = bootstrap(sources, { logger, signal: stop.signal, ...settings });
    const process = { name, runner, run: watch(runner.run()), lines, stop };
    this.processes.push(process);
    return process;
  }

  #recorded({ job, worker, ...options }: DeclarativeWorkerOptions, where: string, isDead: () => boolean): DeclarativeWorker {
    const record =
      (code: unknown) =>
      async (context: WorkerContext): Promise<void> => {
        expect(this.#underWay, "runs that overlap").to.equal(0);
        this.#underWay++;
        this.runs.push({ at: Date.now() - epoch, attempt: context.attempt, where });
        const endures = (): Promise<void> => new Promise(() => {});
        try {
          if (typeof code === "function") await code(context);
          if (isDead()) await endures();
        } catch (thrown) {
          if (isDead()) await endures();
          throw thrown;
        } finally {
          if (!isDead()) this.#underWay--;
        }
      };
    const recorded = job === undefined ? { worker: record(worker) } : { job: record(job) };
    return new DeclarativeWorker({ name: "one", ...options, ...recorded });
  }

  /** A run that was lost with its process, or with its turn, counts no longer. */
  forgetRun(): void {
    this.#underWay = 0;
  }

  get times(): number[] {
    return this.runs.map(({ at }) => at);
  }

  get attempts(): number[] {
    return this.runs.map(({ attempt }) => attempt);
  }

  get places(): string[] {
    return this.runs.map(({ where }) => where.replace("replica-", ""));
  }

  /** Time goes on, moment by moment, and everything that can happen at one of them does. */
  async advance(duration: number): Promise<void> {
    // A timer holds 24.8 days.
    const longest = 20 * 86_400_000;
    if (duration > longest) await this.advance(duration - longest);
    let isOver = false;
    await turns();
    const end = setTimeout(() => (isOver = true), Math.min(duration, longest));
    while (!isOver) {
      this.clock.next();
      await turns();
    }
    clearTimeout(end);
  }

  row(process: Process) {
    const [row] = process.runner.status();
    expect(row).to.not.equal(undefined);
    return row;
  }

  /** All processes that live are told to stop. */
  async stop(): Promise<void> {
    for (const { stop } of this.processes) stop.abort();
    await this.advance(1);
  }

  restore(): void {
    this.fleet.isClosed = true;
    this.clock.restore();
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
}
