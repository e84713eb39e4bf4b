import { readProperty } from "./foreign-value.js";
import { WatchbillError } from "./watchbill-error.js";

const brand = Symbol.for("watchbill:StopAll");

/**
 * Thrown by a worker, from anywhere inside it, to stop all workers: those of its roster, and of every roster that this is a part
 * of. Not a failure: `run()` resolves, if nobody fails.
 */
export class StopAll extends WatchbillError {
  static {
    this.prototype.name = "StopAll";
    Object.defineProperty(this.prototype, brand, { value: true });
  }
}

/** Whether it is one, be it of another copy of this library. Never throws. */
export function isStopAll(error: Error): boolean {
  return readProperty(error, brand) === true;
}
