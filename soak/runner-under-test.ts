import { bootstrap, DeclarativeWorker, type Logger, type Runner, type RunnerOptions, type WorkerContext, wait } from "watchbill";
import type { Environment } from "./environment.js";
import { RunLog } from "./run-log.js";

/** How long a worker may take to stop, in ms. */
export const shutdownTimeout = 250;

/** Discards all and never reads `error.stack`: until it is read it references more objects, which the library must not keep. */
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

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
    this.runner = bootstrap([probe, ...slots.map(({ current }) => current.source)], { logger, shutdownTimeout, ...options });
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

  // A loop in the probe would keep the workers reachable, in the frame of that function.
  #resetCounts(): void {
    for (const tracked of this.workers) tracked.resetCounts();
  }

  readonly #probe = async ({ name, signal }: WorkerContext): Promise<void> => {
    this.probeLog.begin(name);
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

/** Creates a source for a runner, and the workers in it. */
export type SourceFactory = (
  name: string,
  environment: Environment,
) => { readonly source: object; readonly workers: readonly TrackedWorker[] };

/** Holds a source. When all its workers have been removed, another of the same kind takes its place, under another name. */
export class Slot {
  current: ReturnType<SourceFactory>;
  #created = 1;

  constructor(
    private readonly name: string,
    private readonly create: SourceFactory,
    private readonly environment: Environment,
  ) {
    this.current = create(name, environment);
  }

  get workers(): readonly TrackedWorker[] {
    return this.current.workers;
  }

  /** Creates the next source. The last one and its workers must become garbage. */
  replace(): object {
    const { leakCheck } = this.environment;
    leakCheck.watch("removed sources", this.current.source);
    for (const { worker } of this.workers) if (worker !== undefined) leakCheck.watch("removed workers", worker);
    this.current = this.create(`${this.name}.${++this.#created}`, this.environment);
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
  /** Its group can stop it at any time. */
  readonly isInGroup?: boolean;
  /** The timeout of a run, in ms. */
  readonly timeout?: number;
}

/** A worker as the soak expects it to be: whether it is present, what its code has run, and which commands were sent to it. */
export class TrackedWorker {
  state: "present" | "leaving" | "removed" = "present";
  /** The worker in the runner, once `remove` was sent. */
  worker: DeclarativeWorker | undefined;
  /** When `pause` was sent, on the clock of the event loop; infinity if a later command has ended the pause. */
  pausedAt = Number.POSITIVE_INFINITY;
  commands = 0;
  pendingCommands = 0;
  /** The number of runs when the last command that stops the worker was sent. */
  runsWhenStopped = -1;

  /** @param log of the code that commands wait for; a worker that consists of several has more in `logs` */
  constructor(
    readonly name: string,
    readonly log: RunLog,
    readonly traits: WorkerTraits,
    readonly logs: readonly RunLog[] = [log],
  ) {}

  /** The last activity of the code that has been inactive for longest. */
  get activeAt(): number {
    return Math.min(...this.logs.map(({ activeAt }) => activeAt));
  }

  get isRunning(): boolean {
    return this.logs.some(({ isOpen }) => isOpen);
  }

  resetCounts(): void {
    this.pausedAt = Number.POSITIVE_INFINITY;
    for (const log of this.logs) log.resetCounts();
  }
}
