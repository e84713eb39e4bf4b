import { WatchbillError } from "./watchbill-error.js";

/**
 * Something is wrong between this process and the rest of its fleet. What the driver has thrown is told in words and is not the
 * `cause`: drivers hang connection options and commands, and so passwords, on their errors.
 */
export class FleetError extends WatchbillError {
  static {
    this.prototype.name = "FleetError";
  }
}
