import type { Backoff } from "../backoff/backoff.js";
import { CallTask } from "../chain/call-task.js";
import type { RetryOptions } from "../chain/retry-policy.js";
import { WorkerDefinition } from "../chain/worker-definition.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { countOf } from "../errors/error-text.js";
import { listNames } from "../errors/list-names.js";
import { RunnerBusyError } from "../errors/runner-busy-error.js";
import { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { UnknownWorkerError } from "../errors/unknown-worker-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import type { CommandEvent } from "../events/events.js";
import { addedWorkers } from "../registry/added-workers.js";
import { checkWorkers } from "../registry/given-workers.js";
import { Instances } from "../registry/instances.js";
import { Problems } from "../registry/problems.js";
import { construct } from "../registry/source.js";
import { reportClockProblem } from "../runtime/clock-problem.js";
import { innerNames } from "../runtime/nest-name.js";
import { onAbort } from "../runtime/on-abort.js";
import { isFailure } from "../runtime/outcome.js";
import type { Subject } from "../runtime/problem-log.js";
import { RootTask } from "../runtime/root-task.js";
import type { RunOptions } from "../runtime/run-options.js";
import { stderrLogger } from "../runtime/stderr-logger.js";
import type { Task } from "../runtime/task.js";
import { afterTransition, hasToWait, inTransition } from "../runtime/transition.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import { type CommandOptions, checkCommandOptions, publishCommand } from "./command-options.js";
import { lineOfEnvironment, type Selection, selectAmong, selectByName, selectionLines } from "./name-patterns.js";
import { onProcessSignals } from "./process-signals.js";
import { type CheckedSettings, checkSettings, type RunnerSettings } from "./runner-settings.js";
import { addRunning, removeRunning } from "./running-runners.js";
import type { WorkerControl } from "./worker-control.js";
import { WorkerList } from "./worker-list.js";
import { WorkerTree } from "./worker-tree.js";

export interface RunnerOptions extends RunnerSettings, Selection {}

/** Whether a runner runs: `"stopping"` from the request to stop until all workers have stopped or were left behind. */
export type RunnerState = "running" | "stopping" | "stopped";

const processSignals = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs workers: starts all, and when one fails or returns, stops the others. Workers can be inspected, added, removed and
 * controlled one by one, whether the runner runs or not. A runner is a worker itself, so that it can be one of the workers of
 * another runner, with a name and a retry of its own.
 *
 * A command that is called in the middle of a change, such as from a logger, an observer of a channel, a backoff or an abort
 * listener, is carried out when the change is over. Its promise settles in any case. Within another runner, a command accepts a
 * worker's name in the status and the one without the name of this runner in front.
 */
export class Runner extends WorkerDefinition {
  /** @internal */
  readonly label = "";
  /** @internal */
  readonly isContinuous = true;
  readonly #settings: CheckedSettings;
  readonly #selection: Selection;
  readonly #instances: Instances;
  readonly #list: WorkerList;
  /**
   * The workers that the selection leaves out of the next run. Those that are left out of a run that is under way are logged at
   * once.
   */
  #leftOut: readonly DeclarativeWorker[] = [];
  /** The workers that run, or have run last. */
  #tree: WorkerTree | undefined;

  /**
   * @param instances of the classes that are added later
   * @throws BootstrapError if options are malformed, with all that are
   */
  constructor(workers: readonly DeclarativeWorker[], options: RunnerOptions = {}, instances = new Instances(construct)) {
    super();
    const problems = new Problems();
    this.#settings = checkSettings(options, problems);
    const declared = checkWorkers(workers, problems);
    const selected = selectByName(declared, options, problems);
    if (problems.count > 0) throw problems.toError();
    if (selected.length < declared.length) {
      const chosen = new Set(selected);
      this.#leftOut = declared.filter((worker) => !chosen.has(worker));
    }
    const { retry } = this.#settings;
    this.#list = new WorkerList(retry === undefined ? selected : withDefaultRetry(selected, retry));
    this.#selection = options;
    this.#instances = instances;
  }

  /** The workers in order. They may be inspected with nothing started. */
  get workers(): readonly DeclarativeWorker[] {
    return this.#list.all;
  }

  /** Whether it runs. Before the first run it is `"stopped"`. */
  get state(): RunnerState {
    const state = this.#tree?.supervisor.state;
    return state === "running" || state === "stopping" ? state : "stopped";
  }

  /** How long workers may take to stop that do not say so themselves, in ms. */
  get shutdownTimeout(): number {
    return this.#settings.shutdownTimeout;
  }

  /**
   * The status of every worker, in the order of {@link workers}; after the run, its last one.
   * @param names only of these workers, in this order: the names in the status or, within another runner, those without its name
   * in front. Takes time in proportion to their number. Names without a worker are left out.
   */
  status(names?: Iterable<string>): WorkerStatus[] {
    // Reads schedules, which are code of the user.
    return inTransition(() => {
      if (names !== undefined) return this.#statusOf(names);
      const tasks = this.#tree?.tasks();
      return this.workers.map((worker) => this.#describe(worker, tasks?.get(worker)));
    });
  }

  /** As in events and in the log. */
  #nameOf(worker: DeclarativeWorker): string {
    return this.#tree?.nameOf(worker) ?? worker.label;
  }

  #statusOf(names: Iterable<string>): WorkerStatus[] {
    const rows: WorkerStatus[] = [];
    for (const name of names) {
      const worker = this.#find(name);
      if (worker !== undefined) rows.push(this.#describe(worker, this.#tree?.taskOf(worker)));
    }
    return rows;
  }

  #describe(worker: DeclarativeWorker, task: Task | undefined): WorkerStatus {
    const status = worker.initialStatus();
    status.name = this.#nameOf(worker);
    status.runner = this.#tree?.supervisor.name ?? "";
    task?.describe(status);
    this.#tree?.groupOf(worker)?.describeBackoff(worker, status);
    return status;
  }

  // Run and stop.

  /**
   * Runs the workers until they are stopped: by {@link stop}, by a signal that is passed here or was at bootstrap, or, if there
   * is none, by SIGINT or SIGTERM. A further signal within 500 ms of the first belongs to the same request; a later one ends the
   * process at once with `128 + signal`. Keeps the process alive until then, and leaves no listener, timer or handle behind.
   *
   * The workers run in the async context in which this is called: what an `AsyncLocalStorage` has in store here is what they see,
   * wherever a run is triggered from.
   *
   * Resolves if it was stopped and no worker failed. Rejects with a {@link WorkersFailedError} that holds every error, with a
   * {@link ShutdownTimeoutError} that names the workers that did not stop in time, or with a {@link RunnerBusyError} if it
   * already runs. Once all workers have stopped it may be run again.
   */
  override run(options: RunOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      let stopListening = (): void => {};
      const root = new RootTask(options, this, (outcome) => {
        stopListening();
        if (isFailure(outcome)) reject(outcome);
        else resolve();
      });
      stopListening = this.#stopOnProcessSignals(root, options);
      root.start();
    });
  }

  /**
   * Stops the workers. Resolves when {@link run} has settled, which reports their failures. Does nothing if the runner does not
   * run. A worker that stops its own runner must not wait for that: the runner waits for the worker.
   *
   * Rejects with a {@link ShutdownTimeoutError} if this is a worker of another runner, which has left it behind.
   */
  async stop(): Promise<void> {
    const supervisor = this.#tree?.supervisor;
    if (supervisor === undefined) return;
    afterTransition(() => supervisor.abort(new DOMException("The runner was asked to stop", "AbortError")));
    await new Promise<void>((resolve, reject) => {
      supervisor.onExit(resolve);
      supervisor.onLeftBehind(() => {
        reject(new ShutdownTimeoutError([this.#namesOfRunning], "the time of the runner around it"));
      });
    });
  }

  /**
   * Creates the supervisor of the workers, for {@link run} or as a part of another runner.
   * @internal
   */
  override createTask(parent: Task): Task {
    if (this.#isRunning) return new CallTask(parent, this.#refuse);
    const tree = new WorkerTree(parent, this.workers, this.#settings);
    this.#tree = tree;
    const { supervisor } = tree;
    supervisors.add(supervisor);
    addRunning(this);
    reportClockProblem(this, supervisor);
    const logger = new WorkerLogger(supervisor.logger, supervisor.name);
    const declared = [...this.workers, ...this.#leftOut];
    for (const line of selectionLines(declared, this.#selection, !isWithinRunner(parent))) logger.warn(line);
    if (this.workers.length > 0)
      logger.info({ workers: this.workers.length }, `started ${countOf(this.workers.length, "worker")}`);
    supervisor.onLeftBehind(() => removeRunning(this));
    supervisor.onExit(() => {
      removeRunning(this);
      const hung = supervisor.busy ? this.#namesOfRunning : "";
      if (hung === "") logger.info("stopped");
      else logger.error(`stopped, but these workers did not stop in time: ${hung}`);
      for (const task of tree.tasks().values()) task.commands?.onRunnerExit(task.name);
    });
    const { signal } = this.#settings;
    if (signal !== undefined) {
      const abort = (reason: unknown): void => afterTransition(() => supervisor.abort(reason));
      if (signal.aborted) supervisor.abort(signal.reason);
      else supervisor.onExit(onAbort(signal, { abort }));
    }
    return supervisor;
  }

  get #isRunning(): boolean {
    return this.#tree?.supervisor.busy === true;
  }

  readonly #refuse = (): never => {
    const running = this.#namesOfRunning;
    throw new RunnerBusyError(`The runner already runs: ${running} must have stopped before run() is called again`);
  };

  #stopOnProcessSignals(root: RootTask, options: RunOptions): () => void {
    const { signal, signals = options.signal === undefined && signal === undefined ? processSignals : [] } = this.#settings;
    const logger = new WorkerLogger(this.#settings.logger ?? root.logger, root.name);
    return onProcessSignals(signals, {
      first: (received) => {
        logger.info(`${received}: stopping; a further signal exits at once`);
        afterTransition(() => root.abort(new DOMException(`The process was asked to stop by ${received}`, "AbortError")));
      },
      second: (received) => {
        logger.error(`${received} again: exiting at once; these workers had not stopped: ${this.#namesOfRunning}`);
      },
    });
  }

  /** The names of the workers that have not stopped. */
  get #namesOfRunning(): string {
    const running: Task[] = [];
    this.#tree?.supervisor.listRunning(running);
    return listNames(running.map(({ name }) => name));
  }

  // Commands.

  /**
   * Runs a repeated worker now, and settles with that run: resolves if it succeeds, rejects with its error, or with the reason of
   * the stop if there is one before its end, whatever it returns then. Runs still never overlap: if one is under way, the
   * requested run is the next, and all callers that ask for it share it. The grid stays where it is. A backoff ends at once, and
   * a worker that is paused runs this once, with its further attempts. A worker must not wait for a run of its own.
   *
   * Rejects with an {@link UnknownWorkerError}, with a {@link WorkerNotRunningError}, or with an {@link InvalidArgumentError} if
   * it is not repeated. The failure of a run is in the log, and does not end the process if its promise is ignored: `void
   * runner.trigger(name)`.
   */
  trigger(name: string, options: CommandOptions = {}): Promise<void> {
    return this.#control("trigger", options, name, "triggered", (control) => control.trigger());
  }

  /**
   * Keeps a worker from running until it is resumed, restarts of it or of its group included. The run of a repeated worker that
   * is under way is completed, but not retried; a continuous worker is stopped. Resolves when nothing of it runs, of a
   * distributed worker on any replica; so a worker must not wait for its own pause. A pause that goes on keeps its `by` and
   * `reason`, unless it had neither or there is another reason.
   *
   * Rejects with an {@link UnknownWorkerError}, with a {@link WorkerNotRunningError}, or with a {@link ShutdownTimeoutError} if
   * what runs does not end in time; the worker is paused all the same when it does.
   */
  pause(name: string, options: CommandOptions = {}): Promise<void> {
    return this.#control("pause", options, name, "paused", (control) => control.pause());
  }

  /**
   * Ends a pause: a continuous worker is started again, and the next run of a repeated one is when it is due next. Runs that were
   * missed are not run; but of a distributed worker that no other replica has run either, they are coalesced into one.
   * @throws UnknownWorkerError
   * @throws WorkerNotRunningError
   */
  resume(name: string, options: CommandOptions = {}): void {
    const checked = checkCommandOptions("resume", options);
    // In the middle of a transition only the name can be checked, as the worker may be about to start.
    this.#controlOf(name, "resumed", checked);
    if (!hasToWait()) {
      inTransition(() => this.#controlOf(name, "resumed", checked).resume());
      return;
    }
    afterTransition(() => {
      try {
        this.#controlOf(name, "resumed", checked).resume();
      } catch (error) {
        // It has exited or was removed meanwhile, and is not paused any more either.
        if (!(error instanceof WorkerNotRunningError || error instanceof UnknownWorkerError)) throw error;
      }
    });
  }

  /**
   * Stops a worker and starts it anew, without a backoff and without counting a failure. Ends a pause, and starts a worker that
   * has completed. Resolves when it has been started. A distributed worker is also stopped on the replica that runs it, and keeps
   * its timetable.
   *
   * Rejects with an {@link UnknownWorkerError}, with a {@link WorkerNotRunningError}, or with a {@link ShutdownTimeoutError} if
   * it does not stop in time; it is restarted all the same when it does.
   */
  restart(name: string, options: CommandOptions = {}): Promise<void> {
    return this.#control("restart", options, name, "restarted", (control) => control.restart());
  }

  /**
   * Adds the workers of a source, as `bootstrap` does, and starts them if the runner runs. `only` and `except` hold for them too.
   * @returns the workers that were added
   * @throws BootstrapError with everything that is wrong with the source
   * @throws WorkerNotRunningError if the runner is being stopped
   */
  add(source: object, options: CommandOptions = {}): readonly DeclarativeWorker[] {
    const checked = checkCommandOptions("add", options);
    return inTransition(() => this.#add(source, checked));
  }

  #add(source: object, options: CommandOptions): readonly DeclarativeWorker[] {
    const problems = new Problems();
    const found = addedWorkers(source, this.#instances, (name) => this.#list.has(name), problems);
    if (problems.count > 0) throw problems.toError();
    const selected = selectAmong(found, this.#selection);
    const added = withDefaultRetry(selected, this.#settings.retry);
    const tree = this.#isRunning ? this.#tree : undefined;
    if (tree !== undefined && tree.supervisor.state !== "running") {
      const names = listNames(added.map((worker) => this.#nameOf(worker)));
      throw new WorkerNotRunningError(names, "added", "the runner is being stopped");
    }
    this.#list.add(added);
    if (selected.length < found.length) this.#reportLeftOut(found, selected, tree);
    afterTransition(() => {
      // Those that were removed before the transition was over have never been there.
      const present = added.filter((worker) => this.#list.get(worker.label) === worker);
      for (const worker of present) publishCommand(this.#subjectOf(worker), "add", options);
      if (tree?.supervisor.state === "running") tree.add(present);
    });
    return added;
  }

  #reportLeftOut(found: readonly DeclarativeWorker[], added: readonly DeclarativeWorker[], tree: WorkerTree | undefined): void {
    const line = lineOfEnvironment(found, this.#selection);
    if (tree === undefined) this.#leftOut = [...this.#leftOut, ...found.filter((worker) => !added.includes(worker))];
    else if (line !== "") new WorkerLogger(tree.supervisor.logger, tree.supervisor.name).warn(line);
  }

  /**
   * Stops a worker and removes it; resolves when it has stopped. The others go on. A runner goes on without its last worker, too,
   * so that another may be added.
   *
   * Rejects with an {@link UnknownWorkerError}, or with a {@link ShutdownTimeoutError} if it does not stop in time; it is removed
   * all the same when it does.
   */
  remove(name: string, options: CommandOptions = {}): Promise<void> {
    return this.#execute(() => {
      const checked = checkCommandOptions("remove", options);
      const worker = this.#workerOf(name);
      if (this.#tree !== undefined && this.#isRunning) return this.#tree.remove(worker, checked, () => this.#list.remove(worker));
      publishCommand(this.#subjectOf(worker), "remove", checked);
      this.#list.remove(worker);
      return Promise.resolve();
    });
  }

  /** A worker as it appears in events and in the log, also while the runner does not run. */
  #subjectOf(worker: DeclarativeWorker): Subject {
    const logger = this.#tree?.supervisor.logger ?? this.#settings.logger ?? stderrLogger;
    return { name: this.#nameOf(worker), logger };
  }

  #control(
    command: CommandEvent["command"],
    options: CommandOptions,
    name: string,
    action: string,
    execute: (control: WorkerControl) => Promise<void>,
  ): Promise<void> {
    return this.#execute(() => execute(this.#controlOf(name, action, checkCommandOptions(command, options))));
  }

  #controlOf(name: string, action: string, options: CommandOptions): WorkerControl {
    const worker = this.#workerOf(name);
    if (this.#tree !== undefined) return this.#tree.control(worker, options);
    throw new WorkerNotRunningError(name, action, "the runner does not run");
  }

  #workerOf(name: string): DeclarativeWorker {
    const worker = this.#find(name);
    if (worker !== undefined) return worker;
    throw new UnknownWorkerError(
      name,
      this.workers.map(({ label }) => label),
    );
  }

  /** A worker by the name that it has in this runner or, within another runner, by the one that it has in its status. */
  #find(name: string): DeclarativeWorker | undefined {
    const named = this.#list.get(name);
    if (named !== undefined || this.#tree === undefined) return named;
    for (const innerName of innerNames(this.#tree.supervisor.name, name)) {
      const worker = this.#list.get(innerName);
      if (worker !== undefined && this.#nameOf(worker) === name) return worker;
    }
    return undefined;
  }

  /**
   * Carries out a command: now, or after the transition that is under way.
   *
   * A command that is refused rejects for its caller alone. A rejection that comes later, of a run that has failed or of a worker
   * that does not stop, is in the log too, and must not end the process of a caller that ignores the promise.
   */
  #execute(command: () => Promise<void>): Promise<void> {
    let resolve = (): void => {};
    let reject = (_reason: unknown): void => {};
    const promise = new Promise<void>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    afterTransition(() => {
      try {
        command().then(resolve, reject);
        promise.catch(() => {});
      } catch (refusal) {
        reject(refusal);
      }
    });
    return promise;
  }
}

function withDefaultRetry(
  workers: readonly DeclarativeWorker[],
  retry: Backoff | RetryOptions | undefined,
): readonly DeclarativeWorker[] {
  return workers.map((worker) => worker.withDefaultRetry(retry));
}

/** The outermost supervisors of all runners. */
const supervisors = new WeakSet<Task>();

/** Whether a task is a part of another runner, or was started by the code of a worker of one. */
function isWithinRunner(task: Task): boolean {
  if (supervisors.has(task)) return true;
  const outer = task instanceof RootTask ? task.outer : task.parent;
  return outer !== undefined && isWithinRunner(outer);
}
