import { constants } from "node:os";
import { inspect } from "node:util";
import type { Activity, Outcome } from "../context/activity.js";
import type { Logger } from "../context/logger.js";
import { onAbort } from "../context/on-abort.js";
import { stderrLogger } from "../context/stderr-logger.js";
import { WorkerLogger } from "../context/worker-logger.js";
import { initialStatus, type WorkerStatus } from "../context/worker-status.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { RunnerBusyError } from "../errors/runner-busy-error.js";
import { type Duration, milliseconds } from "../time/duration.js";
import { Bridge, type RunOptions } from "../workers/bridge.js";
import { Call } from "../workers/call.js";
import { RunAllWorkers } from "../workers/run-all-workers.js";
import { WorkerLink } from "../workers/worker-link.js";
import { type NamePatterns, selectByName } from "./name-patterns.js";
import { onProcessSignals } from "./process-signals.js";

export interface RunnerOptions {
  /** Where failures, restarts and stops are written, pino-shaped. By default readable lines on stderr. */
  readonly logger?: Logger | undefined;
  /** Stops the roster when it aborts. With one, the process's own signals are left alone, unless {@link signals} says otherwise. */
  readonly signal?: AbortSignal | undefined;
  /** The signals of the process that stop the roster: SIGINT and SIGTERM, if no {@link signal} is given. `[]` for none. */
  readonly signals?: readonly NodeJS.Signals[] | undefined;
  /** How long workers may take to stop before they are given up on and named. 30 s by default. */
  readonly shutdownTimeout?: Duration | undefined;
  /** Names of the workers to run, with `*` for anything; the others are left out. All by default. */
  readonly only?: NamePatterns | undefined;
  /** Names of workers to leave out, with `*` for anything. */
  readonly except?: NamePatterns | undefined;
}

/** The signal, if a process can listen to it. */
function asCatchable(signal: NodeJS.Signals): NodeJS.Signals {
  if (Object.hasOwn(constants.signals, signal) && signal !== "SIGKILL" && signal !== "SIGSTOP") return signal;
  throw new InvalidArgumentError(
    `${inspect(signal)} in signals is not a signal that a process can listen to: give "SIGTERM", for example`,
  );
}

const processSignals = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs a roster of workers: starts all, and when one ends, for whatever reason, stops the rest. A runner is a worker itself,
 * so that it can be one of another roster, under a name and with a retry of its own.
 */
export class Runner extends WorkerLink {
  /** The workers of the roster, in order. They may be looked at with nothing started. */
  readonly workers: readonly DeclarativeWorker[];
  readonly label = "";
  readonly #logger: Logger;
  readonly #signal: AbortSignal | undefined;
  readonly #signals: readonly NodeJS.Signals[] | undefined;
  readonly #shutdownTimeout: number;
  #roster: RunAllWorkers | undefined;

  /** @throws InvalidArgumentError if an option is malformed */
  constructor(workers: readonly DeclarativeWorker[], options: RunnerOptions = {}) {
    super();
    const { logger = stderrLogger, signal, signals, shutdownTimeout = "30s", only, except } = options;
    if (typeof logger !== "object" || logger === null) {
      throw new InvalidArgumentError(`logger is ${inspect(logger)}: give an object with the methods debug, info, warn and error`);
    }
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new InvalidArgumentError(`signal is ${inspect(signal, { depth: 0 })}: give an AbortSignal`);
    }
    this.workers = selectByName(workers, only, except);
    this.#logger = logger;
    this.#signal = signal;
    this.#signals = signals?.map(asCatchable);
    this.#shutdownTimeout = milliseconds(shutdownTimeout);
  }

  /**
   * Runs the workers until they are stopped: by {@link stop}, by a signal that is given here or was at bootstrap, or, if there
   * is none, by SIGINT or SIGTERM, the second of which ends the process at once with `128 + signal`. Keeps the process alive
   * until then, and leaves no listener, timer or handle behind.
   *
   * Resolves if it was stopped and no worker failed. Rejects with a {@link WorkersFailedError} that holds every error, with a
   * {@link ShutdownTimeoutError} that names the workers that did not stop in time, or with a {@link RunnerBusyError} if it
   * already runs. Once it has settled it may be run again.
   */
  override run(options: RunOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const releases: (() => void)[] = [];
      const done = (outcome: Outcome): void => {
        for (const release of releases) release();
        if (outcome instanceof Error) reject(outcome);
        else resolve();
      };
      const bridge = new Bridge(options, this, done, this.#logger);
      if (this.#signal !== undefined) releases.push(onAbort(this.#signal, bridge));
      const signals = this.#signals ?? (options.signal === undefined && this.#signal === undefined ? processSignals : []);
      releases.push(this.#stopOnProcessSignals(bridge, signals));
      bridge.begin();
    });
  }

  /** Stops the workers and resolves once {@link run} has settled, which is where failures are told. Without a run, does nothing. */
  async stop(): Promise<void> {
    this.#roster?.abort(new DOMException("The runner was told to stop", "AbortError"));
    await this.#roster?.whenSettled();
  }

  /** How every worker is, in the order of {@link workers}; after the run, how it was. */
  status(): WorkerStatus[] {
    return this.workers.map(({ name = "" }, index) => {
      const status = initialStatus(name);
      this.#roster?.members[index]?.describe(status);
      return status;
    });
  }

  /** What runs when this is started as a part of another roster, or by {@link run}. */
  override activity(parent: Activity): Activity {
    if (this.#roster?.busy === true) return new Call(parent, this.#refuse);
    if (this.workers.length === 0) new WorkerLogger(parent.logger, parent.name).warn("there are no workers to run");
    return (this.#roster = new RunAllWorkers(parent, this.workers, this.#shutdownTimeout));
  }

  readonly #refuse = (): never => {
    const names: string[] = [];
    this.#roster?.listRunning(names);
    throw new RunnerBusyError(`The runner already runs: ${names.join(", ")} must have stopped before run() is called again`);
  };

  #stopOnProcessSignals(bridge: Bridge, signals: readonly NodeJS.Signals[]): () => void {
    const logger = new WorkerLogger(this.#logger, "");
    return onProcessSignals(signals, {
      first: (signal) => {
        logger.info(`${signal}: stopping; a second signal exits at once`);
        bridge.abort(new DOMException(`The process was told to stop by ${signal}`, "AbortError"));
      },
      second: (signal) => {
        const names: string[] = [];
        bridge.listRunning(names);
        logger.error(`${signal} again: exiting at once, and what is unfinished is lost: ${names.join(", ")}`);
      },
    });
  }
}
