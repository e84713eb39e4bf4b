import { WatchbillError } from "./watchbill-error.js";

/**
 * Thrown by a worker, from anywhere inside it, to stop all workers: those of its roster, and of every roster that this is a part
 * of. Not a failure: `run()` resolves, if nobody fails.
 */
export class StopRoster extends WatchbillError {
  static {
    this.prototype.name = "StopRoster";
  }
}
