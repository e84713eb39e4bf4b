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
    private readonly environment: Environment,
    options: RunnerOptions,
  ) {
    this.probeLog = new RunLog("probe", environment.runLogs);
    // The first worker, so it starts before all others: their counts are reset then.
    const probe = new DeclarativeWorker({ name: "probe", worker: this.#probe });
    this.runner = bootstrap([probe, ...slots.map((slot) => slot.fill())], { shutdownTimeout, ...options });
    for (const tracked of this.workers()) tracked.state = "present";
  }

  get isRunning(): boolean {
    return this.probeLog.isOpen;
  }

  *workers(): Generator<TrackedWorker> {
    for (const { workers } of this.slots) yield* workers;
  }

  /** Marks as removed the workers that were leaving and are no longer in the runner. */
  updateRemoved(): void {
    const names = new Set(this.runner.workers.map(({ name }) => name));
    for (const tracked of this.workers()) {
      if (tracked.state !== "leaving" || names.has(tracked.name)) continue;
      tracked.state = "removed";
      if (!tracked.isRunning) continue;
      this.environment.faults.add("no lost worker", `${tracked.name} left the runner before its run had ended`);
    }
  }

  readonly #probe = async ({ name, signal }: WorkerContext): Promise<void> => {
    this.probeLog.begin(name);
    for (const tracked of this.workers()) tracked.resetCounts();
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

/**
 * Always holds a source of the same kind: when all workers of one have been removed, the next takes its place, under another
 * name.
 */
export class Slot {
  workers: readonly TrackedWorker[] = [];
  #source: object | undefined;
  #created = 0;
  readonly #random: Random;

  constructor(
    private readonly name: string,
    private readonly create: SourceFactory,
    random: Random,
    private readonly environment: Environment,
  ) {
    this.#random = random.fork();
  }

  /** Creates the next source. The last one and its workers must become garbage. */
  fill(): object {
    const { leakCheck } = this.environment;
    if (this.#source !== undefined) leakCheck.watch("removed sources", this.#source);
    for (const { worker } of this.workers) if (worker !== undefined) leakCheck.watch("removed workers", worker);
    const name = this.#created++ === 0 ? this.name : `${this.name}.${this.#created}`;
    const { source, workers } = this.create(name, this.#random.fork(), this.environment);
    this.#source = source;
    this.workers = workers;
    return source;
  }
}

export interface WorkerTraits {
  /**
   * How `runs` and `failures` in `status()` must compare with the run log: equal, at most as high (a run of `@RetryJob` may call
   * the code several times), or not at all (a worker that consists of several).
   */
  readonly counts?: "equal" | "at most" | "none";
  readonly isContinuous: boolean;
  /** The timeout of a run, in ms. */
  readonly timeout?: number | undefined;
  /** Others can stop it at any time: its group, or the runner around its runner. */
  readonly stopsWithOthers: boolean;
}

/** A worker as the soak expects it to be: whether it is present, what its code has run, and which commands were sent to it. */
export class TrackedWorker {
  state: "present" | "leaving" | "removed" = "removed";
  /** The worker in the runner, once `remove` was sent. */
  worker: DeclarativeWorker | undefined;
  /** When `remove` was sent, on the clock of the event loop. */
  removedAt = 0;
  /** When `pause` was sent, on the same clock; infinity if a later command has ended the pause. */
  pausedAt = Number.POSITIVE_INFINITY;
  commands = 0;
  /** How many commands have not settled. */
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

  get totalRuns(): number {
    return this.logs.reduce((sum, { totalRuns }) => sum + totalRuns, 0);
  }

  get totalFailures(): number {
    return this.logs.reduce((sum, { totalFailures }) => sum + totalFailures, 0);
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
