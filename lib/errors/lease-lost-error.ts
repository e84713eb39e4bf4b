import { WatchbillError } from "./watchbill-error.js";

/**
 * The reason of the abort when a replica has lost the lease of a distributed worker: another replica may run it at any moment.
 */
export class LeaseLostError extends WatchbillError {
  static {
    this.prototype.name = "LeaseLostError";
  }

  readonly worker: string;

  /** @param cause in words, for the message */
  constructor(worker: string, cause: string) {
    super(`The lease of ${worker} was lost: ${cause}. Another replica may run it now, so write nothing more`);
    this.worker = worker;
  }
}
