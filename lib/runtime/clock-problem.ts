import { TimerQueue } from "../timers/timer-queue.js";
import type { Subject } from "./problem-log.js";
import { WorkerLogger } from "./worker-logger.js";

/** What has reported that time does not pass for it. */
const reported = new WeakSet<object>();

/**
 * Writes to the log that time does not pass for what is being started, if it does not.
 * @param reporter what is started; it is reported once, however often it is started
 */
export function reportClockProblem(reporter: object, { name, logger }: Subject): void {
  const { problem } = TimerQueue.current();
  if (problem === undefined || reported.has(reporter)) return;
  reported.add(reporter);
  new WorkerLogger(logger, name).error(problem);
}
