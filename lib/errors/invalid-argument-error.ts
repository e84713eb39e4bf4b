import { WatchbillError } from "./watchbill-error.js";

/** Something was given that cannot mean anything: a malformed duration, a worker that is not one, an empty name. */
export class InvalidArgumentError extends WatchbillError {
  static {
    this.prototype.name = "InvalidArgumentError";
  }
}
