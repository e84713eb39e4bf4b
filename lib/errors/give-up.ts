import { readProperty } from "./foreign-value.js";
import { WatchbillError } from "./watchbill-error.js";

const brand = Symbol.for("watchbill:GiveUp");

/**
 * Thrown by code that cannot succeed, however often it is tried again: what it is thrown in fails at once. A run of a job is not retried by its
 * `retryJob`, and the next run is when it is due; a continuous worker is not restarted by its `retry`. Give it the error that says why as its
 * `cause`.
 */
export class GiveUp extends WatchbillError {
  static {
    this.prototype.name = "GiveUp";
    Object.defineProperty(this.prototype, brand, { value: true });
  }
}

/** Whether an error is one, also if it is of another copy of this library. */
export function isGiveUp(error: Error): boolean {
  return readProperty(error, brand) === true;
}
