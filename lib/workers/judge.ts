import type { Activity } from "../context/activity.js";
import type { Outcome } from "../context/outcome.js";
import { WorkerLogger } from "../context/worker-logger.js";
import { isDoNotRestart } from "../errors/do-not-restart.js";
import { errorMessage, isCausedBy } from "../errors/foreign-value.js";
import { isStopRoster } from "../errors/stop-roster.js";
import { isAbortError, toError } from "../errors/thrown-value-error.js";

/**
 * What it means that the user's code has thrown something. After an abort, the abort's reason, an error that it caused, or an `AbortError`
 * is a clean stop. Everything else, at whatever moment and of whatever type, becomes an error, but for the two that ask for an end.
 */
export function judge(activity: Activity, thrown: unknown, isAborted: boolean): Outcome {
  const error = toError(thrown, activity.name);
  if (isDoNotRestart(error)) {
    new WorkerLogger(activity.logger, activity.name).info(`completed: ${errorMessage(error)}`);
    return "completed";
  }
  if (isStopRoster(error)) {
    new WorkerLogger(activity.logger, activity.name).info(`stops all workers: ${errorMessage(error)}`);
    activity.stopRoster(error);
    return "stopped";
  }
  return isAborted && (isCausedBy(thrown, activity.reason) || isAbortError(error)) ? "stopped" : error;
}
