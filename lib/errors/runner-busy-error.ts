import { WatchbillError } from "./watchbill-error.js";

/** `run()` was called on a runner whose workers, or some of them, still run. */
export class RunnerBusyError extends WatchbillError {
  static {
    this.prototype.name = "RunnerBusyError";
  }
}
