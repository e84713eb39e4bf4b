import type { Backoff } from "../backoff/backoff.js";
import { BackoffError } from "../errors/backoff-error.js";
import { onRejection } from "../errors/on-settled.js";
import { showValue } from "../errors/show-value.js";
import type { EventChannel } from "../events/channels.js";
import type { Failed } from "../runtime/problem-log.js";
import type { Task } from "../runtime/task.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { formatDuration } from "../timers/format-duration.js";

/** How the next attempt is reported, in the log and to the observers. */
export interface RetryReport {
  readonly what: Failed;
  /** `"restarting"`, or `"retrying"`. */
  readonly verb: string;
  /** What the log adds about an attempt after `delay` ms, such as when the next run is; "" for nothing. */
  readonly remark: (delay: number) => string;
  readonly channel: EventChannel<"watchbill:restart" | "watchbill:retry">;
}

/**
 * The delay before the next attempt, in ms, which is logged; or the error to fail with if the backoff throws or does not return a
 * delay.
 * @param attempt the number of failures in a row
 * @param failure the last failure; undefined after a normal return
 */
export function nextAttempt(
  task: Task,
  backoff: Backoff,
  attempt: number,
  failure: Error | undefined,
  { what: failed, verb, remark, channel }: RetryReport,
): number | BackoffError {
  const { name: worker, problemLog } = task;
  const delay = delayOf(backoff, attempt, worker, failure);
  if (delay instanceof BackoffError) {
    if (failure === undefined) return delay;
    problemLog.failed(task, failure, failed, `failed (attempt ${attempt}), and so did its backoff`, { attempt });
    problemLog.gaveUp(task, delay, `failed (attempt ${attempt}), giving up: its backoff failed`, { attempt });
    return delay;
  }
  const what = `${verb} in ${formatDuration(delay)}${remark(delay)}`;
  if (failure === undefined) new WorkerLogger(task.logger, worker).debug({ attempt, delay }, `returned, ${what}`);
  else problemLog.failed(task, failure, failed, `failed (attempt ${attempt}), ${what}`, { attempt, delay });
  if (channel.isObserved) channel.publish({ worker, attempt, delay, error: failure });
  return delay;
}

function delayOf(backoff: Backoff, attempt: number, worker: string, failure: Error | undefined): number | BackoffError {
  let delay: unknown;
  try {
    delay = backoff.duration(attempt);
  } catch (cause) {
    return new BackoffError(worker, `threw for attempt ${attempt}`, failure, { cause });
  }
  if (typeof delay === "number" && Number.isFinite(delay) && delay >= 0) return delay;
  // This error reports the promise; its rejection must not end the process.
  onRejection(delay, () => {});
  return new BackoffError(worker, `returned ${showValue(delay)} for attempt ${attempt}`, failure);
}
