import { bootstrap, DeclarativeWorker, type Runner, type RunnerOptions, type WorkerContext, wait } from "watchbill";
import type { Environment } from "./environment.js";
import type { Random } from "./random.js";
import { RunLog } from "./run-log.js";

/** How long a worker may take to stop, in ms. */
export const shutdownTimeout = 250;

/** A runner, its slots, and a worker `probe` that records when the runner starts and stops. */
export class RunnerUnderTest {
  readonly runner: Runner;
  readonly probeLog: RunLog;

  constructor(
    readonly slots: readonly Slot[],
    readonly isNested: boolean,
    private readonly environment: Environment,
    options: RunnerOptions,
  ) {
    this.probeLog = new RunLog("probe", environment.runLogs);
    // The first worker, so it starts before all others: their counts are reset then.
    const probe = new DeclarativeWorker({ name: "probe", worker: this.#probe });
    this.runner = bootstrap([probe, ...slots.map(({ current }) => current.source)], { shutdownTimeout, ...options });
  }

  get isRunning(): boolean {
    return this.probeLog.isOpen;
  }

  get workers(): readonly TrackedWorker[] {
    return this.slots.flatMap(({ workers }) => workers);
  }

  /** The worker in the runner. */
  find({ name }: TrackedWorker): DeclarativeWorker | undefined {
    return this.runner.workers.find((worker) => worker.name === name);
  }

  /** Marks as removed the workers that were leaving and are no longer in the runner. */
  updateRemoved(): void {
    const names = new Set(this.runner.workers.map(({ name }) => name));
    for (const tracked of this.workers) {
      if (tracked.state !== "leaving" || names.has(tracked.name)) continue;
      tracked.state = "removed";
      const violation = `${tracked.name} left the runner before its run had ended`;
      if (tracked.isRunning) this.environment.violations.add("no lost worker", violation);
    }
  }

  #resetCounts(): void {
    for (const tracked of this.workers) tracked.resetCounts();
  }

  readonly #probe = async ({ name, signal }: WorkerContext): Promise<void> => {
    this.probeLog.begin(name);
    // A loop in here would keep the workers reachable, in the frame of this function.
    this.#resetCounts();
    try {
      for (;;) {
        this.probeLog.recordActivity();
        await wait("200ms", { signal });
      }
    } finally {
      this.probeLog.end("ended");
    }
  };
}

/** Creates a source for a runner, and the workers in it; the same ones for the same randomness. */
export type SourceFactory = (
  name: string,
  random: Random,
  environment: Environment,
) => { readonly source: object; readonly workers: readonly TrackedWorker[] };

/** Holds a source. When all its workers have been removed, another of the same kind takes its place, under another name. */
export class Slot {
  current: ReturnType<SourceFactory>;
  #created = 1;
  readonly #random: Random;

  constructor(
    private readonly name: string,
    private readonly create: SourceFactory,
    random: Random,
    private readonly environment: Environment,
  ) {
    this.#random = random.fork();
    this.current = create(name, this.#random.fork(), environment);
  }

  get workers(): readonly TrackedWorker[] {
    return this.current.workers;
  }

  /** Creates the next source. The last one and its workers must become garbage. */
  replace(): object {
    const { leakCheck } = this.environment;
    leakCheck.watch("removed sources", this.current.source);
    for (const { worker } of this.workers) if (worker !== undefined) leakCheck.watch("removed workers", worker);
    this.current = this.create(`${this.name}.${++this.#created}`, this.#random.fork(), this.environment);
    return this.current.source;
  }
}

export interface WorkerTraits {
  /**
   * How `runs` and `failures` in `status()` must compare with the run log: equal (the default), at most as high (a run of
   * `@RetryJob` may call the code several times), or not at all (a worker that consists of several).
   */
  readonly counts?: "equal" | "at most" | "none";
  readonly isContinuous?: boolean;
  readonly timeout?: number | undefined;
  /** Its group can stop it at any time. */
  readonly isInGroup?: boolean;
}

/** A worker as the soak expects it to be: whether it is present, what its code has run, and which commands were sent to it. */
export class TrackedWorker {
  state: "present" | "leaving" | "removed" = "present";
  /** The worker in the runner, once `remove` was sent. */
  worker: DeclarativeWorker | undefined;
  /** When `remove` was sent, on the clock of the event loop. */
  removedAt = 0;
  /** When `pause` was sent, on the same clock; infinity if a later command has ended the pause. */
  pausedAt = Number.POSITIVE_INFINITY;
  commands = 0;
  pendingCommands = 0;
  /** The value of `totalRuns` when the last command that stops the worker was sent. */
  runsWhenStopped = -1;

  /** @param logs one for each piece of code: several if the worker consists of several */
  constructor(
    readonly name: string,
    readonly logs: readonly RunLog[],
    readonly traits: WorkerTraits,
  ) {}

  get isRunning(): boolean {
    return this.logs.some(({ isOpen }) => isOpen);
  }

  get isCompleted(): boolean {
    return this.logs.some(({ isCompleted }) => isCompleted);
  }

  get isPaused(): boolean {
    return this.pausedAt < Number.POSITIVE_INFINITY;
  }

  get totalRuns(): number {
    return this.logs.reduce((sum, { totalRuns }) => sum + totalRuns, 0);
  }

  /** How many runs have not failed, among them those in progress. */
  get unfailedRuns(): number {
    return this.logs.reduce((sum, { totalRuns, totalFailures }) => sum + totalRuns - totalFailures, 0);
  }

  /** The last activity of the code that has been inactive for longest. */
  get activeAt(): number {
    return Math.min(...this.logs.map(({ activeAt }) => activeAt));
  }

  resetCounts(): void {
    this.pausedAt = Number.POSITIVE_INFINITY;
    for (const log of this.logs) log.resetCounts();
  }
}
