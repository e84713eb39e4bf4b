import { readProperty } from "./read-value.js";
import { WatchbillError } from "./watchbill-error.js";

const brand = Symbol.for("watchbill:StopAll");

/**
 * Throw it in a worker to stop all workers of its runner, and of the runners that this is a part of. It is not a failure: `run()`
 * resolves unless a worker fails.
 */
export class StopAll extends WatchbillError {
  static {
    this.prototype.name = "StopAll";
    Object.defineProperty(this.prototype, brand, { value: true });
  }
}

/** Whether an error is one, of this copy of the library or of another. Never throws. */
export function isStopAll(error: Error): boolean {
  return readProperty(error, brand) === true;
}
