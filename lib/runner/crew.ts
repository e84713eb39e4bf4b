import { initialStatus, type WorkerStatus } from "../context/worker-status.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { listNames } from "../errors/list-names.js";
import { UnknownWorkerError } from "../errors/unknown-worker-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { addedWorkers } from "../registry/added-workers.js";
import type { Instances } from "../registry/instances.js";
import { Problems } from "../registry/problems.js";
import { WorkerLink } from "../workers/worker-link.js";
import { type Selection, selectAmong } from "./name-patterns.js";
import type { RosterTree } from "./roster-tree.js";

/** The workers of a runner, whether they run or not: can be looked at, added, removed, and handled one by one. */
export abstract class Crew extends WorkerLink {
  readonly #selection: Selection;
  readonly #instances: Instances;
  #workers: readonly DeclarativeWorker[];
  /** What runs, or has run last. */
  protected tree: RosterTree | undefined;

  constructor(workers: readonly DeclarativeWorker[], selection: Selection, instances: Instances) {
    super();
    this.#workers = workers;
    this.#selection = selection;
    this.#instances = instances;
  }

  /** The workers of the roster, in order. They may be looked at with nothing started. */
  get workers(): readonly DeclarativeWorker[] {
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
    return this.#request(name, "triggered", (tree, worker) => tree.trigger(worker));
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
    return this.#request(name, "paused", (tree, worker) => tree.pause(worker));
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
  async restart(name: string): Promise<void> {
    await this.#handle(name, "restarted", (tree, worker) => tree.restart(worker));
  }

  /**
   * Adds the workers of a source, as `bootstrap` does, and starts them if the runner runs. `only` and `except` hold for them too.
   * @returns the workers that were added
   * @throws BootstrapError with everything that is wrong with the source
   * @throws WorkerNotRunningError if the runner is being stopped
   */
  add(source: object): readonly DeclarativeWorker[] {
    const problems = new Problems();
    const found = addedWorkers(source, this.#instances, this.workers, problems);
    if (problems.count > 0) throw problems.toError();
    const added = selectAmong(found, this.#selection);
    const { tree } = this;
    const isAtWork = tree?.roster.busy === true;
    if (isAtWork && tree.roster.state !== "up") {
      const names = listNames(added.map(({ label }) => label));
      throw new WorkerNotRunningError(names, "added", "the runner is being stopped");
    }
    // Before they are started: they may give orders to each other.
    this.#workers = [...this.#workers, ...added];
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
  async remove(name: string): Promise<void> {
    const worker = this.#workerAt(name);
    const forget = (): void => {
      this.#workers = this.#workers.filter((other) => other !== worker);
    };
    if (this.tree?.roster.busy === true) await this.tree.remove(worker, forget);
    else forget();
  }

  #workerAt(name: string): DeclarativeWorker {
    const worker = this.workers.find((each) => each.name === name);
    if (worker !== undefined) return worker;
    throw new UnknownWorkerError(
      name,
      this.workers.map(({ label }) => label),
    );
  }

  /** The very promise of the tree, which may be ignored, and not one of an async function, which may not; a refusal rejects as well. */
  #request(name: string, wish: string, handle: (tree: RosterTree, worker: DeclarativeWorker) => Promise<void>): Promise<void> {
    try {
      return this.#handle(name, wish, handle);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  #handle<Result>(name: string, wish: string, handle: (tree: RosterTree, worker: DeclarativeWorker) => Result): Result {
    const worker = this.#workerAt(name);
    if (this.tree !== undefined) return handle(this.tree, worker);
    throw new WorkerNotRunningError(name, wish, "the runner does not run");
  }
}
