import type { Backoff } from "../backoff/backoff.js";
import type { RetryOptions } from "../chain/retry-policy.js";
import { WorkerDefinition } from "../chain/worker-definition.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { listNames } from "../errors/list-names.js";
import { UnknownWorkerError } from "../errors/unknown-worker-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { addedWorkers } from "../registry/added-workers.js";
import type { Instances } from "../registry/instances.js";
import { Problems } from "../registry/problems.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { initialStatus, type WorkerStatus } from "../runtime/worker-status.js";
import type { RosterTree } from "../supervision/roster-tree.js";
import { lineOfEnvironment, type Selection, selectAmong } from "./name-patterns.js";

/** The workers of a runner, whether they run or not: can be looked at, added, removed, and handled one by one. */
export abstract class Crew extends WorkerDefinition {
  protected readonly selection: Selection;
  /** Those that the selection leaves out of the next run; of those that come during a run, the log has a line at once. */
  protected leftOut: readonly DeclarativeWorker[] = [];
  readonly #instances: Instances;
  readonly #retry: Backoff | RetryOptions | undefined;
  /** Made at the first change. */
  #workers: DeclarativeWorker[] | undefined;
  /** What callers see, which never changes. Made anew after a change, when it is asked for. */
  #listed: readonly DeclarativeWorker[] | undefined;
  /** Made when a worker is first looked up by its name. */
  #byName: Map<string, DeclarativeWorker> | undefined;
  /** What runs, or has run last. */
  protected tree: RosterTree | undefined;

  /** @param retry of those workers that are added and have none */
  constructor(
    workers: readonly DeclarativeWorker[],
    selection: Selection,
    instances: Instances,
    retry: Backoff | RetryOptions | undefined,
  ) {
    super();
    this.#listed = workers;
    this.selection = selection;
    this.#instances = instances;
    this.#retry = retry;
  }

  /** The workers of the roster, in order. They may be looked at with nothing started. */
  get workers(): readonly DeclarativeWorker[] {
    return (this.#listed ??= [...(this.#workers ?? [])]);
  }

  /** To be changed. */
  #changeable(): DeclarativeWorker[] {
    this.#workers ??= [...this.workers];
    this.#listed = undefined;
    return this.#workers;
  }

  /** How every worker is, in the order of {@link workers}; after the run, how it was. */
  status(): WorkerStatus[] {
    const atWork = this.tree?.atWork();
    return this.workers.map((worker) => {
      const status = initialStatus(worker.label);
      if (worker.distributed === true) status.holder = null;
      atWork?.get(worker)?.describe(status);
      this.tree?.groupOf(worker)?.describeBackoff(worker, status);
      return status;
    });
  }

  /**
   * Lets a repeated worker run now, and settles with that run: resolves if it succeeds, rejects with its error, or with the reason of
   * the stop if there is one before its end, whatever it returns then. Runs still never overlap: if one is under way, it is the next,
   * and all who ask for that share it. The grid stays where it is. A backoff is cut short, and a worker that is paused runs this once, with its further attempts.
   * A worker must not wait for a run of its own.
   *
   * Rejects with an {@link UnknownWorkerError}, with a {@link WorkerNotRunningError}, or with an {@link InvalidArgumentError} if it is not
   * repeated. The failure of a run is in the log, and does not end the process if its promise is ignored: `void runner.trigger(name)`.
   */
  trigger(name: string): Promise<void> {
    return this.#control(name, "triggered", (tree, worker) => tree.trigger(worker));
  }

  /**
   * Keeps a worker from running until it is resumed, restarts of it or of its group included. The run of a repeated worker
   * that is under way is completed, but for further attempts of it; a continuous worker is stopped. Resolves once nothing of it
   * runs, so that a worker must not wait for its own pause.
   *
   * Rejects with an {@link UnknownWorkerError}, with a {@link WorkerNotRunningError}, or with a {@link ShutdownTimeoutError} if it does not
   * stop in time; it is paused all the same, once it does.
   */
  pause(name: string): Promise<void> {
    return this.#control(name, "paused", (tree, worker) => tree.pause(worker));
  }

  /**
   * Ends a pause: a continuous worker is started again, and the next run of a repeated one is when it is due next; of those that
   * were missed, none is made up for; but of those of a distributed worker that no other replica has run either, one is.
   * @throws UnknownWorkerError
   * @throws WorkerNotRunningError
   */
  resume(name: string): void {
    this.#handle(name, "resumed", (tree, worker) => tree.resume(worker));
  }

  /**
   * Stops a worker and starts it anew, without a backoff and with no failure counted. Ends a pause, and starts one that
   * was done for good. Resolves once it has been started. A distributed worker takes part anew; what the fleet knows of it stays.
   *
   * Rejects with an {@link UnknownWorkerError}, with a {@link WorkerNotRunningError}, or with a {@link ShutdownTimeoutError} if it does not
   * stop in time; it is restarted all the same, once it does.
   */
  restart(name: string): Promise<void> {
    return this.#control(name, "restarted", (tree, worker) => tree.restart(worker));
  }

  /**
   * Adds the workers of a source, as `bootstrap` does, and starts them if the runner runs. `only` and `except` hold for them too.
   * @returns the workers that were added
   * @throws BootstrapError with everything that is wrong with the source
   * @throws WorkerNotRunningError if the runner is being stopped
   */
  add(source: object): readonly DeclarativeWorker[] {
    const problems = new Problems();
    const found = addedWorkers(source, this.#instances, (name) => this.#names.has(name), problems);
    if (problems.count > 0) throw problems.toError();
    const selected = selectAmong(found, this.selection);
    const added = selected.map((worker) => worker.withDefaultRetry(this.#retry));
    const { tree } = this;
    const isAtWork = tree?.roster.busy === true;
    if (isAtWork && tree.roster.state !== "up") {
      const names = listNames(added.map(({ label }) => label));
      throw new WorkerNotRunningError(names, "added", "the runner is being stopped");
    }
    // Before they are started: they may give commands to each other.
    const workers = this.#changeable();
    for (const worker of added) {
      workers.push(worker);
      this.#byName?.set(worker.label, worker);
    }
    if (selected.length < found.length) this.#reportLeftOut(found, selected, isAtWork ? tree : undefined);
    if (isAtWork) tree.add(added);
    return added;
  }

  /**
   * Stops a worker and forgets it; resolves once it has stopped. The others go on: to have removed the last worker is not the end of
   * the run, so that another may be added.
   *
   * Rejects with an {@link UnknownWorkerError}, or with a {@link ShutdownTimeoutError} if it does not stop in time; it is removed all
   * the same, once it does.
   */
  remove(name: string): Promise<void> {
    return settled(() => {
      const worker = this.#workerAt(name);
      if (this.tree?.roster.busy === true) return this.tree.remove(worker, () => this.#forget(worker));
      this.#forget(worker);
      return Promise.resolve();
    });
  }

  #forget(worker: DeclarativeWorker): void {
    const workers = this.#changeable();
    const index = workers.indexOf(worker);
    if (index < 0) return;
    workers.splice(index, 1);
    if (this.#byName?.get(worker.label) === worker) this.#byName.delete(worker.label);
  }

  #reportLeftOut(found: readonly DeclarativeWorker[], added: readonly DeclarativeWorker[], tree: RosterTree | undefined): void {
    const line = lineOfEnvironment(found, this.selection);
    if (tree === undefined) this.leftOut = [...this.leftOut, ...found.filter((worker) => !added.includes(worker))];
    else if (line !== "") new WorkerLogger(tree.roster.logger, tree.roster.name).warn(line);
  }

  #workerAt(name: string): DeclarativeWorker {
    const worker = this.#names.get(name);
    if (worker !== undefined) return worker;
    throw new UnknownWorkerError(
      name,
      this.workers.map(({ label }) => label),
    );
  }

  get #names(): ReadonlyMap<string, DeclarativeWorker> {
    return (this.#byName ??= new Map(this.workers.map((worker) => [worker.label, worker])));
  }

  #control(name: string, wish: string, handle: (tree: RosterTree, worker: DeclarativeWorker) => Promise<void>): Promise<void> {
    return settled(() => this.#handle(name, wish, handle));
  }

  #handle<Result>(name: string, wish: string, handle: (tree: RosterTree, worker: DeclarativeWorker) => Result): Result {
    const worker = this.#workerAt(name);
    if (this.tree !== undefined) return handle(this.tree, worker);
    throw new WorkerNotRunningError(name, wish, "the runner does not run");
  }
}

/**
 * The promise of a command. That it was refused is for the caller alone; a rejection that comes later, of a run that has failed or a worker that
 * does not stop, is in the log too, and must not end the process of a caller that does not wait for it.
 */
function settled(command: () => Promise<void>): Promise<void> {
  try {
    const promise = command();
    promise.catch(() => {});
    return promise;
  } catch (refusal) {
    return Promise.reject(refusal);
  }
}
