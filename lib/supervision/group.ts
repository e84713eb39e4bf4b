import type { Worker, WorkerFunc } from "../chain/worker.js";
import { WorkerDefinition, workerDefinition } from "../chain/worker-definition.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Task } from "../runtime/task.js";
import { RunningWorkers } from "./running-workers.js";

/**
 * Makes one worker of several: it starts all, and when one of them fails or returns, it stops the others, waits for them, and
 * fails with a {@link WorkersFailedError}. Under a {@link retry} they are restarted together, when one has been given up by its own
 * retry or has none (one for all). Groups nest, and so does everything else: a group in the place of a worker is a supervision tree.
 *
 * One that is done for good leaves the others alone; the group is done when all are. A group is never started again before all
 * of it has stopped, however long that takes.
 * @throws InvalidArgumentError if one is not a worker, or there is none
 */
export function group(...workers: (Worker | WorkerFunc)[]): Worker {
  if (workers.length === 0) throw new InvalidArgumentError("A group of no workers was given: give one at least");
  return new GroupDefinition(workers.map(workerDefinition));
}

class GroupDefinition extends WorkerDefinition {
  readonly label = "";
  readonly isContinuous = true;
  readonly #links: readonly WorkerDefinition[];

  constructor(links: readonly WorkerDefinition[]) {
    super();
    this.#links = links;
  }

  override timeToStop(otherwise: number): number {
    return this.#links.reduce((longest, link) => Math.max(longest, link.timeToStop(otherwise)), 0);
  }

  override createTask(parent: Task): Task {
    return new RunningWorkers(parent, this.#links, { itself: "the group" });
  }
}
