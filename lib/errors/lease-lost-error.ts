import { WatchbillError } from "./watchbill-error.js";

/** A replica no longer has the right to run a distributed worker, so that its run is aborted with this: another may begin any moment. */
export class LeaseLostError extends WatchbillError {
  static {
    this.prototype.name = "LeaseLostError";
  }

  readonly worker: string;

  /** @param cause in words, for the message */
  constructor(worker: string, cause: string) {
    super(`The turn of ${worker} is lost: ${cause}. Another replica may run it now, so write nothing more`);
    this.worker = worker;
  }
}
