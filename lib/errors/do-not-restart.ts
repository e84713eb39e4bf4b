import { readProperty } from "./read-value.js";
import { WatchbillError } from "./watchbill-error.js";

const brand = Symbol.for("watchbill:DoNotRestart");

/**
 * Throw it in a worker that has nothing left to do: the worker completes, which is not a failure. The other workers go on, and no
 * retry restarts it.
 */
export class DoNotRestart extends WatchbillError {
  static {
    this.prototype.name = "DoNotRestart";
    Object.defineProperty(this.prototype, brand, { value: true });
  }
}

/** Whether an error is one, of this copy of the library or of another. Never throws. */
export function isDoNotRestart(error: Error): boolean {
  return readProperty(error, brand) === true;
}
