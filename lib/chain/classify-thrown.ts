import { isDoNotRestart } from "../errors/do-not-restart.js";
import { errorMessage, isCausedBy } from "../errors/read-error.js";
import { isStopAll } from "../errors/stop-all.js";
import { isAbortError, toError } from "../errors/thrown-value-error.js";
import type { Outcome } from "../runtime/outcome.js";
import type { Task } from "../runtime/task.js";
import { WorkerLogger } from "../runtime/worker-logger.js";

/**
 * The outcome of a run that has thrown. {@link DoNotRestart} completes the worker, and {@link StopAll} stops all workers. After
 * an abort, the reason of the abort, an error that it caused, and an `AbortError` are a clean stop. Everything else is a failure.
 */
export function classifyThrown(task: Task, thrown: unknown, isAborted: boolean): Outcome {
  const error = toError(thrown, task.name);
  if (isDoNotRestart(error)) {
    new WorkerLogger(task.logger, task.name).info(`completed: ${errorMessage(error)}`);
    return "completed";
  }
  if (isStopAll(error)) {
    new WorkerLogger(task.logger, task.name).info(`stops all workers: ${errorMessage(error)}`);
    task.stopAll(error);
    return "stopped";
  }
  return isAborted && (isCausedBy(thrown, task.reason) || isAbortError(error)) ? "stopped" : error;
}
