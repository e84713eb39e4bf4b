import { WatchbillError } from "./watchbill-error.js";

/** A worker returned although it should run until it is stopped. */
export class WorkerExitedPrematurelyError extends WatchbillError {
  static {
    this.prototype.name = "WorkerExitedPrematurelyError";
  }

  readonly worker: string;

  constructor(worker: string) {
    super(
      `${worker || "A worker"} exited prematurely: a worker runs until its signal aborts; repeat it or retry it if it is done sooner`,
    );
    this.worker = worker;
  }
}
