import type { Job, JobFunc } from "../chain/job.js";
import { jobDefinition } from "../chain/job-definition.js";
import type { Worker, WorkerFunc } from "../chain/worker.js";
import { workerDefinition } from "../chain/worker-definition.js";
import { isCausedBy } from "../errors/read-error.js";
import { toError } from "../errors/thrown-value-error.js";
import { WorkersFailedError } from "../errors/workers-failed-error.js";
import { Context } from "../runtime/context.js";
import { runUnder } from "../runtime/root-task.js";
import type { RunOptions } from "../runtime/run-options.js";
import type { Task } from "../runtime/task.js";
import { Supervisor } from "./supervisor.js";

/**
 * Starts all workers and waits until all have exited. When the first fails or returns, the others are aborted; one that completes
 * leaves them alone.
 *
 * Resolves if the signal was aborted and no worker failed. Otherwise rejects with a {@link WorkersFailedError} that holds every
 * error; a worker that returned before the abort contributes a {@link WorkerExitedPrematurelyError}. Under a signal that has
 * aborted already, nothing is started. There is no deadline for the stop: {@link bootstrap} has one, and names the workers that
 * hang.
 * @param options a signal and a logger; a {@link WorkerContext} is both, and makes this a part of that worker
 *
 * Rejects with an {@link InvalidArgumentError} if one is not a worker; nothing has been started then.
 */
export async function runAllWorkers(workers: Iterable<Worker | WorkerFunc>, options: RunOptions = {}): Promise<void> {
  const definitions = Array.from(workers, workerDefinition);
  await runUnder(options, { createTask: (parent) => new Supervisor(parent, definitions) });
}

/**
 * Runs all jobs in parallel and waits for all of them, also when some fail. Rejects with a {@link WorkersFailedError} that holds
 * every error; a job that was stopped before it had run contributes the signal's reason. With the context of a worker that is
 * being stopped, it rejects with that reason alone if no job failed otherwise.
 * @param options a signal and a logger; a {@link WorkerContext} is both, and makes this a part of that worker
 *
 * Rejects with an {@link InvalidArgumentError} if one is not a job; nothing has been started then.
 */
export async function runAllJobs(jobs: Iterable<Job | JobFunc>, options: RunOptions = {}): Promise<void> {
  const definitions = Array.from(jobs, jobDefinition);
  const batch = { createTask: (parent: Task) => new Supervisor(parent, definitions, { kind: "job" }) };
  const { outcome, reason } = await runUnder(options, batch).catch((error: unknown) => {
    throw hasOnlyStopped(error, options) ? options.signal?.reason : error;
  });
  if (outcome !== "stopped") return;
  // The batch was stopped before it began, and so was each of its jobs.
  const failures = definitions.map(({ label }, i) => {
    const worker = label || `job ${i + 1}`;
    return { worker, error: toError(reason, worker) };
  });
  throw new WorkersFailedError(failures, "job");
}

/** Within a worker that is being stopped, jobs that did no more than stop are a clean stop of the worker. */
function hasOnlyStopped(error: unknown, options: RunOptions): boolean {
  if (Context.taskOf(options) === undefined || !(error instanceof WorkersFailedError)) return false;
  return options.signal?.aborted === true && error.errors.every((each) => isCausedBy(each, options.signal?.reason));
}
