import { WatchbillError } from "./watchbill-error.js";

/**
 * Thrown by a worker, from anywhere inside it, that has nothing left to do: it ends for good, which is not a failure, and the
 * others go on. No retry restarts it.
 */
export class DoNotRestart extends WatchbillError {
  static {
    this.prototype.name = "DoNotRestart";
  }
}
