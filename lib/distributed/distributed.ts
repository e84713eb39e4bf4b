import type { Worker, WorkerFunc } from "../chain/worker.js";
import { RefiningDefinition, workerDefinition } from "../chain/worker-definition.js";
import type { Task } from "../runtime/task.js";
import { DistributedTask } from "./distributed-task.js";

/**
 * Has a worker run in one process of a fleet at a time: a repeated job once for each time that it is due, a continuous worker in one
 * process, with another taking over when that stops or is lost. Which process that is and how it is told is for the engine that
 * `bootstrap` was given; without one, it is this process. What the worker is stays the same: its grid, its attempts and
 * its backoffs go on from one process to the next.
 *
 * A run that is cut short, as its process dies or stops, is run again by another: delivery is at least once. A run that returns
 * after it was told to stop counts as done: one that is not done is to throw, as `signal.throwIfAborted()` does.
 * @param worker under a name that is the same in all processes
 * @throws InvalidArgumentError if it is not a worker
 */
export function distributed(worker: Worker | WorkerFunc): Worker {
  return new DistributedDefinition(workerDefinition(worker));
}

export class DistributedDefinition extends RefiningDefinition {
  override createTask(parent: Task): Task {
    return new DistributedTask(parent, this.subject);
  }
}
