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
import { removeRunning } from "../../lib/runner/running-runners.js";
import { MemoryFleet, type Replica } from "../../lib/testing/memory-engine.js";
import { recorder, watch } from "../runner/commands.fixture.js";

/** One run of the worker: when it began, in ms since the simulation began, its attempt and its replica. */
export interface Run {
  readonly at: number;
  readonly attempt: number;
  readonly where: string;
}

export const epoch = Date.UTC(2026, 10, 24);

/** One simulated process with a worker `one`. */
export interface Process {
  readonly name: string;
  readonly runner: Runner;
  readonly run: { outcome: unknown };
  readonly lines: unknown[];
  readonly stop: AbortController;
}

/** Fake timers, and simulated processes that run a worker `one`: replicas of a service, or a process without an engine. */
export class Simulation {
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

  /** Starts a replica. Its runs are recorded, and never settle once it is dead. */
  replica(options: DeclarativeWorkerOptions, settings: BootstrapOptions = {}): Process & { readonly engine: Replica } {
    const engine = this.fleet.replica();
    const recorded = this.#recorded({ ...options, distributed: true }, engine.name, () => engine.isDead);
    return { ...this.start([recorded], engine.name, { engine, ...settings }), engine };
  }

  /** Starts several equal replicas. */
  replicas(count: number, options: DeclarativeWorkerOptions): (Process & { readonly engine: Replica })[] {
    return Array.from({ length: count }, () => this.replica(options));
  }

  /** Starts a process without an engine. */
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

  /** No longer counts a run that was lost with its process or its lease. */
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

  /** Advances the clock timer by timer, and lets all immediates run in between. */
  async advance(duration: number): Promise<void> {
    // A Node timer can hold at most 24.8 days.
    const longest = 20 * 86_400_000;
    if (duration > longest) await this.advance(duration - longest);
    let isOver = false;
    await immediates();
    const end = setTimeout(() => (isOver = true), Math.min(duration, longest));
    while (!isOver) {
      this.clock.next();
      await immediates();
    }
    clearTimeout(end);
  }

  row(process: Process) {
    const [row] = process.runner.status();
    expect(row).to.not.equal(undefined);
    return row;
  }

  /** Stops all processes. */
  async stop(): Promise<void> {
    for (const { stop } of this.processes) stop.abort();
    await this.advance(1);
  }

  restore(): void {
    this.fleet.isClosed = true;
    this.clock.restore();
    // Those whose time stands still now would count as running for the specs that follow.
    for (const { runner } of this.processes) removeRunning(runner);
  }
}

async function immediates(): Promise<void> {
  for (let count = 0; count < 10; count++) await new Promise(setImmediate);
}
