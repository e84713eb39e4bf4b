import { WatchbillError } from "./watchbill-error.js";

/**
 * A distributed worker cannot take part, or the connection between the replicas has failed. An error of the driver is described
 * in the message and is not the `cause`: drivers add connection options and commands, and so passwords, to their errors.
 */
export class FleetError extends WatchbillError {
  static {
    this.prototype.name = "FleetError";
  }
}
