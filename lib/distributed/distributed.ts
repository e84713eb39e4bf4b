import type { Worker, WorkerFunc } from "../chain/worker.js";
import { RefiningDefinition, workerDefinition } from "../chain/worker-definition.js";
import type { Task } from "../runtime/task.js";
import { DistributedTask } from "./distributed-task.js";

/**
 * Runs a worker on one replica of a service at a time: a repeated job once for each due time, a continuous worker on one
 * replica, with another taking over when that replica stops or dies. The engine passed to `bootstrap` chooses the replica;
 * without an engine it is this process. The worker's timetable, attempts and backoffs continue from one replica to the next.
 *
 * Delivery is at least once: a run that is cut short, because its process dies or stops, is repeated on another replica. A run
 * that returns after its signal has aborted counts as completed: if its work is incomplete, it has to throw, as
 * `signal.throwIfAborted()` does.
 * @param worker has the same name on all replicas
 * @throws InvalidArgumentError if it is not a worker
 */
export function distributed(worker: Worker | WorkerFunc): Worker {
  return new DistributedDefinition(workerDefinition(worker));
}

export class DistributedDefinition extends RefiningDefinition {
  override get isDistributed(): boolean {
    return true;
  }

  override createTask(parent: Task): Task {
    return new DistributedTask(parent, this.subject);
  }
}
