import type { Backoff } from "../backoff/backoff.js";
import type { Activity } from "../context/activity.js";
import { WorkerLogger } from "../context/worker-logger.js";
import { BackoffError } from "../errors/backoff-error.js";
import { showValue } from "../errors/foreign-value.js";
import type { EventChannel } from "../events/event-channel.js";

/**
 * How long to wait, in ms, before what has just ended is tried again, and a line in the log that says so. If the backoff
 * throws, or returns anything that is not a delay, it is the error to give up with.
 * @param attempt how many failures in a row there are now
 * @param failure the last of them; undefined after a normal return
 * @param channel on which that is published
 */
export function nextAttempt(
  activity: Activity,
  backoff: Backoff,
  attempt: number,
  failure: Error | undefined,
  channel: EventChannel<"watchbill:restart" | "watchbill:retry">,
): number | BackoffError {
  const logger = new WorkerLogger(activity.logger, activity.name);
  const delay = delayOf(backoff, attempt, activity.name, failure);
  if (delay instanceof BackoffError) {
    if (failure !== undefined)
      logger.error({ attempt, err: failure }, "failed, and its backoff gives no delay, so it is given up");
    return delay;
  }
  if (failure === undefined) logger.debug({ attempt, delay }, "returned, and is run again");
  else logger.error({ attempt, delay, err: failure }, "failed, and is tried again");
  if (channel.isObserved) channel.publish({ worker: activity.name, attempt, delay, error: failure });
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
  return new BackoffError(worker, `returned ${showValue(delay)} for attempt ${attempt}`, failure);
}
