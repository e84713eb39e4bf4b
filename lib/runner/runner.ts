import { type Activity, isFailure, type Outcome } from "../context/activity.js";
import { onAbort } from "../context/on-abort.js";
import { WorkerLogger } from "../context/worker-logger.js";
import { initialStatus, type WorkerStatus } from "../context/worker-status.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { RunnerBusyError } from "../errors/runner-busy-error.js";
import { Problems } from "../registry/problems.js";
import { Bridge, type RunOptions } from "../workers/bridge.js";
import { Call } from "../workers/call.js";
import { RunAllWorkers } from "../workers/run-all-workers.js";
import { WorkerLink } from "../workers/worker-link.js";
import { type Selection, selectByName } from "./name-patterns.js";
import { onProcessSignals } from "./process-signals.js";
import { type CheckedSettings, checkSettings, type RunnerSettings } from "./runner-settings.js";

export interface RunnerOptions extends RunnerSettings, Selection {}

const processSignals = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs a roster of workers: starts all, and when one ends, for whatever reason, stops the rest. A runner is a worker itself,
 * so that it can be one of another roster, under a name and with a retry of its own.
 */
export class Runner extends WorkerLink {
  /** The workers of the roster, in order. They may be looked at with nothing started. */
  readonly workers: readonly DeclarativeWorker[];
  readonly label = "";
  readonly #settings: CheckedSettings;
  #roster: RunAllWorkers | undefined;

  /** @throws BootstrapError if options are malformed, with all that are */
  constructor(workers: readonly DeclarativeWorker[], options: RunnerOptions = {}) {
    super();
    const problems = new Problems();
    this.#settings = checkSettings(options, problems);
    this.workers = selectByName(workers, options, problems);
    if (problems.count > 0) throw problems.toError();
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
        if (isFailure(outcome)) reject(outcome);
        else resolve();
      };
      const {
        logger,
        signal,
        signals = options.signal === undefined && signal === undefined ? processSignals : [],
      } = this.#settings;
      const bridge = new Bridge(options, this, done, logger);
      if (signal !== undefined) releases.push(onAbort(signal, bridge));
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
    return (this.#roster = new RunAllWorkers(parent, this.workers, this.#settings.shutdownTimeout));
  }

  readonly #refuse = (): never => {
    const names: string[] = [];
    this.#roster?.listRunning(names);
    throw new RunnerBusyError(`The runner already runs: ${names.join(", ")} must have stopped before run() is called again`);
  };

  #stopOnProcessSignals(bridge: Bridge, signals: readonly NodeJS.Signals[]): () => void {
    const logger = new WorkerLogger(this.#settings.logger, "");
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
