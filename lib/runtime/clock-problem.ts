import { TimerQueue } from "../timers/timer-queue.js";
import type { Subject } from "./problem-log.js";
import { WorkerLogger } from "./worker-logger.js";

/** The reporters that have logged the problem. */
const reported = new WeakSet<object>();

/**
 * Logs that timers may never wake on the current clock, if that is so.
 * @param reporter a runner, for example: the problem is logged once for each
 */
export function reportClockProblem(reporter: object, { name, logger }: Subject): void {
  const { problem } = TimerQueue.current();
  if (problem === undefined || reported.has(reporter)) return;
  reported.add(reporter);
  new WorkerLogger(logger, name).error(problem);
}
