import { isDoNotRestart } from "../errors/do-not-restart.js";
import { errorMessage, isCausedBy } from "../errors/foreign-value.js";
import { isStopAll } from "../errors/stop-all.js";
import { isAbortError, toError } from "../errors/thrown-value-error.js";
import type { Outcome } from "../runtime/outcome.js";
import type { Task } from "../runtime/task.js";
import { WorkerLogger } from "../runtime/worker-logger.js";

/**
 * What it means that the user's code has thrown something. After an abort, the abort's reason, an error that it caused, or an `AbortError`
 * is a clean stop. Everything else, at whatever moment and of whatever type, becomes an error, but for the two that ask for an end.
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
