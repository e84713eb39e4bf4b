import { type HungWorker, ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { channels } from "../events/channels.js";
import type { Task } from "../runtime/task.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { initialStatus } from "../runtime/worker-status.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { StopReason } from "./stop-operation.js";
import type { Child } from "./supervisor.js";

/** A child that was asked to stop. */
export interface StopRequest {
  readonly child: Child;
  /** When, on the clock of the timer queue. */
  readonly requestedAt: number;
}

/** The workers in a child that have not stopped. */
export function hungWorkersIn({ child, requestedAt }: StopRequest): HungWorker[] {
  const now = TimerQueue.current().now();
  return runningWorkersIn(child).map((task) => {
    const status = initialStatus(task.name);
    task.describe(status);
    // Its group may have asked it earlier.
    const { parent } = task;
    const requestedByGroup = task === child ? undefined : parent.stopRequestedAt;
    return { worker: task.name, phase: status.phase, hungFor: Math.round(now - (requestedByGroup ?? requestedAt)) };
  });
}

/** The workers in a child that run: of nested ones, the innermost. */
export function runningWorkersIn(child: Task): Task[] {
  const running: Task[] = [];
  child.listRunning(running);
  return running;
}

export function publishHung(hung: readonly HungWorker[]): void {
  if (channels.hung.isObserved) for (const each of hung) channels.hung.publish(each);
}

/**
 * The error that names the workers in some children that have not stopped.
 * @param timeout the longest time that one of them had, in ms
 */
export function shutdownTimeoutError(late: readonly StopRequest[], timeout: number): ShutdownTimeoutError {
  const hung = late.flatMap(hungWorkersIn);
  return new ShutdownTimeoutError(
    hung.map(({ worker }) => worker),
    formatDuration(timeout),
    hung,
  );
}

/**
 * Logs and publishes that a child which is stopped alone has not stopped in time, and returns the error.
 * @param timeout how long it had, in ms
 */
export function reportHung(late: StopRequest, reason: StopReason, timeout: number): ShutdownTimeoutError {
  const error = shutdownTimeoutError([late], timeout);
  publishHung(error.hung);
  const logger = new WorkerLogger(late.child.logger, late.child.name);
  logger.warn({ err: error }, `is to be ${reason}, but has not stopped in time`);
  return error;
}
