import type { Worker, WorkerFunc } from "../chain/worker.js";
import { WorkerDefinition, workerDefinition } from "../chain/worker-definition.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Task } from "../runtime/task.js";
import { Supervisor } from "./supervisor.js";

/**
 * Makes one worker of several: it starts all, and when one of them fails or returns, it stops the others, waits for them, and
 * fails with a {@link WorkersFailedError}. Under a {@link retry} they are restarted together, when one has no retry of its own or
 * its retry has given up (the strategy "one for all"). Groups nest: a group in the place of a worker makes a supervision tree.
 *
 * A worker that completes leaves the others alone; the group completes when all have. A group is started again only when all of
 * it has stopped, however long that takes.
 * @throws InvalidArgumentError if one is not a worker, or there is none
 */
export function group(...workers: (Worker | WorkerFunc)[]): Worker {
  if (workers.length === 0) throw new InvalidArgumentError("group() was called without workers: pass at least one");
  return new GroupDefinition(workers.map(workerDefinition));
}

class GroupDefinition extends WorkerDefinition {
  readonly label = "";
  readonly isContinuous = true;
  readonly #workers: readonly WorkerDefinition[];

  constructor(workers: readonly WorkerDefinition[]) {
    super();
    this.#workers = workers;
  }

  override timeToStop(otherwise: number): number {
    return longestTimeToStop(this.#workers, otherwise);
  }

  override createTask(parent: Task): Task {
    return new Supervisor(parent, this.#workers, { title: "the group" });
  }
}

/** How long workers that are stopped together may take, in ms. */
export function longestTimeToStop(workers: readonly WorkerDefinition[], otherwise: number): number {
  return workers.reduce((longest, worker) => Math.max(longest, worker.timeToStop(otherwise)), 0);
}
