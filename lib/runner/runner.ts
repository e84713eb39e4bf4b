import { CallTask } from "../chain/call-task.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { listNames } from "../errors/list-names.js";
import { RunnerBusyError } from "../errors/runner-busy-error.js";
import { checkWorkers } from "../registry/given-workers.js";
import { Instances } from "../registry/instances.js";
import { Problems } from "../registry/problems.js";
import { construct } from "../registry/source.js";
import { reportClockProblem } from "../runtime/clock-problem.js";
import { onAbort } from "../runtime/on-abort.js";
import { isFailure } from "../runtime/outcome.js";
import { RootTask, type RunOptions } from "../runtime/root-task.js";
import type { Task } from "../runtime/task.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { Roster } from "../supervision/roster.js";
import { RosterTree } from "../supervision/roster-tree.js";
import { Crew } from "./crew.js";
import { type Selection, selectByName, selectionLines } from "./name-patterns.js";
import { onProcessSignals } from "./process-signals.js";
import { type CheckedSettings, checkSettings, type RunnerSettings } from "./runner-settings.js";

export interface RunnerOptions extends RunnerSettings, Selection {}

const processSignals = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs a roster of workers: starts all, and when one fails or returns, stops the rest. A runner is a worker itself,
 * so that it can be one of another roster, under a name and with a retry of its own.
 */
export class Runner extends Crew {
  /** @internal */
  readonly label = "";
  /** @internal */
  readonly isContinuous = true;
  readonly #settings: CheckedSettings;

  /**
   * @param instances of the classes that are added later
   * @throws BootstrapError if options are malformed, with all that are
   */
  constructor(workers: readonly DeclarativeWorker[], options: RunnerOptions = {}, instances = new Instances(construct)) {
    const problems = new Problems();
    const settings = checkSettings(options, problems);
    const declared = checkWorkers(workers, problems);
    const selected = selectByName(declared, options, problems);
    const { retry } = settings;
    super(retry === undefined ? selected : selected.map((worker) => worker.withDefaultRetry(retry)), options, instances, retry);
    if (problems.count > 0) throw problems.toError();
    if (selected.length < declared.length) {
      const chosen = new Set(selected);
      this.leftOut = declared.filter((worker) => !chosen.has(worker));
    }
    this.#settings = settings;
  }

  /**
   * Runs the workers until they are stopped: by {@link stop}, by a signal that is given here or was at bootstrap, or, if there is none, by
   * SIGINT or SIGTERM. A further signal within 500 ms of the first belongs to the same request; a later one ends the process at once with
   * `128 + signal`. Keeps the process alive until then, and leaves no listener, timer or handle behind.
   *
   * The workers run in the async context in which this is called: what an `AsyncLocalStorage` has in store here is what they see, wherever a
   * run is triggered from.
   *
   * Resolves if it was stopped and no worker failed. Rejects with a {@link WorkersFailedError} that holds every error, with a
   * {@link ShutdownTimeoutError} that names the workers that did not stop in time, or with a {@link RunnerBusyError} if it
   * already runs. Once all workers have stopped it may be run again.
   */
  override run(options: RunOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      let stopListening = (): void => {};
      const bridge = new RootTask(options, this, (outcome) => {
        stopListening();
        if (isFailure(outcome)) reject(outcome);
        else resolve();
      });
      stopListening = this.#stopOnProcessSignals(bridge, options);
      bridge.start();
    });
  }

  /**
   * Stops the workers and resolves once {@link run} has settled, which is where failures are told. Without a run, does nothing.
   * A worker that stops its own roster must not wait for that: the roster waits for the worker.
   */
  async stop(): Promise<void> {
    const roster = this.tree?.roster;
    if (roster === undefined) return;
    roster.abort(new DOMException("The runner was told to stop", "AbortError"));
    await new Promise<void>((resolve) => roster.onSettled(resolve));
  }

  /**
   * What runs when this is started, by {@link run} or as a part of another roster.
   * @internal
   */
  override createTask(parent: Task): Task {
    if (this.tree?.roster.busy === true) return new CallTask(parent, this.#refuse);
    this.tree = new RosterTree(parent, this.workers, this.#settings);
    const { roster } = this.tree;
    reportClockProblem(this, roster);
    const logger = new WorkerLogger(roster.logger, roster.name);
    const declared = [...this.workers, ...this.leftOut];
    for (const line of selectionLines(declared, this.selection, !isWithinRunner(parent))) logger.warn(line);
    if (this.workers.length > 0) logger.info({ workers: this.workers.length }, `started ${countOf(this.workers.length)}`);
    roster.onSettled(() => {
      const hung = roster.busy ? this.#running() : "";
      if (hung === "") logger.info("stopped");
      else logger.error(`stopped, but these workers did not stop in time: ${hung}`);
    });
    const { signal } = this.#settings;
    if (signal !== undefined) roster.onSettled(onAbort(signal, roster));
    return roster;
  }

  readonly #refuse = (): never => {
    throw new RunnerBusyError(`The runner already runs: ${this.#running()} must have stopped before run() is called again`);
  };

  #stopOnProcessSignals(bridge: RootTask, options: RunOptions): () => void {
    const { signal, signals = options.signal === undefined && signal === undefined ? processSignals : [] } = this.#settings;
    const logger = new WorkerLogger(this.#settings.logger ?? bridge.logger, bridge.name);
    return onProcessSignals(signals, {
      first: (received) => {
        logger.info(`${received}: stopping; a further signal exits at once`);
        bridge.abort(new DOMException(`The process was told to stop by ${received}`, "AbortError"));
      },
      second: (received) => {
        logger.error(`${received} again: exiting at once; these workers had not stopped: ${this.#running()}`);
      },
    });
  }

  /** The names of the workers that have not stopped. */
  #running(): string {
    const running: Task[] = [];
    this.tree?.roster.listRunning(running);
    return listNames(running.map(({ name }) => name));
  }
}

/** Whether what is started by this task is a part of a runner, be it that a worker of that runs it by hand. */
function isWithinRunner(task: Task): boolean {
  if (task instanceof Roster) return true;
  const outer = task instanceof RootTask ? task.outer : task.parent;
  return outer !== undefined && isWithinRunner(outer);
}

function countOf(workers: number): string {
  return workers === 1 ? "1 worker" : `${workers} workers`;
}
