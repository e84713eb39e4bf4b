import { WatchbillError } from "./watchbill-error.js";

/**
 * A schedule threw or did not return a later time, so there is no next run and the worker has failed. `cause` is the error of the
 * schedule, if it threw.
 */
export class ScheduleError extends WatchbillError {
  static {
    this.prototype.name = "ScheduleError";
  }

  readonly worker: string;

  constructor(worker: string, problem: string, options?: ErrorOptions) {
    super(
      `The schedule of ${worker || "a worker"} ${problem}; it must return a Date later than its argument, or null if there is none`,
      options,
    );
    this.worker = worker;
  }
}
