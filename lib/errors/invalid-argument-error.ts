import { WatchbillError } from "./watchbill-error.js";

/** An argument is not valid: a malformed duration, a value that is not a worker, an empty name. */
export class InvalidArgumentError extends WatchbillError {
  static {
    this.prototype.name = "InvalidArgumentError";
  }
}
