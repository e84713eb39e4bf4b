import { WatchbillError } from "./watchbill-error.js";

/** `run()` was called while workers of the runner still run. */
export class RunnerBusyError extends WatchbillError {
  static {
    this.prototype.name = "RunnerBusyError";
  }
}
