import { readProperty } from "./foreign-value.js";
import { WatchbillError } from "./watchbill-error.js";

const brand = Symbol.for("watchbill:DoNotRestart");

/**
 * Thrown by a worker, from anywhere inside it, that has nothing left to do: it ends for good, which is not a failure, and the
 * others go on. No retry restarts it.
 */
export class DoNotRestart extends WatchbillError {
  static {
    this.prototype.name = "DoNotRestart";
    Object.defineProperty(this.prototype, brand, { value: true });
  }
}

/** Whether it is one, be it of another copy of this library. Never throws. */
export function isDoNotRestart(error: Error): boolean {
  return readProperty(error, brand) === true;
}
