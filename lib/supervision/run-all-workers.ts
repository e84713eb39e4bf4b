import type { Worker, WorkerFunc } from "../chain/worker.js";
import { workerDefinition } from "../chain/worker-definition.js";
import { type RunOptions, runUnder } from "../runtime/root-task.js";
import { RunningWorkers } from "./running-workers.js";

/**
 * Starts all workers and waits until all have ended. As soon as the first fails or returns, the rest are aborted; one
 * that is done for good leaves them alone.
 *
 * Resolves if the signal was aborted and no worker failed. Otherwise rejects with {@link WorkersFailedError}, which holds
 * every error; a worker that returned before the abort contributes a {@link WorkerExitedPrematurelyError}. Under a signal
 * that is aborted already, nothing is started. There is no deadline: for one that names who hangs, see {@link bootstrap}.
 * @param options a signal and a logger; a {@link WorkerContext} serves as both, and makes this a part of that worker
 *
 * Rejects with an {@link InvalidArgumentError} if one is not a worker; nothing has been started then.
 */
export async function runAllWorkers(workers: Iterable<Worker | WorkerFunc>, options: RunOptions = {}): Promise<void> {
  const links = Array.from(workers, workerDefinition);
  await runUnder(options, { createTask: (parent) => new RunningWorkers(parent, links) });
}
