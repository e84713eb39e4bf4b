import { readProperty } from "./read-value.js";
import { WatchbillError } from "./watchbill-error.js";

const brand = Symbol.for("watchbill:GiveUp");

/**
 * Throw it in code that will not succeed, however often it is retried. A run of a job fails at once: its `retryJob` does not
 * retry it, and the next run is when it is due. A continuous worker fails at once: its `retry` does not restart it. Pass the
 * error that is the reason as the `cause`.
 */
export class GiveUp extends WatchbillError {
  static {
    this.prototype.name = "GiveUp";
    Object.defineProperty(this.prototype, brand, { value: true });
  }
}

/** Whether an error is one, of this copy of the library or of another. */
export function isGiveUp(error: Error): boolean {
  return readProperty(error, brand) === true;
}
