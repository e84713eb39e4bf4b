import { WatchbillError } from "./watchbill-error.js";

/** A run of a job has timed out. */
export class TimeoutError extends WatchbillError {
  static {
    this.prototype.name = "TimeoutError";
  }

  readonly worker: string;

  /** @param limit for the message: "30s" */
  constructor(worker: string, limit: string) {
    super(`A run of ${worker || "a job"} took longer than ${limit}: let it watch context.signal, or raise its timeout`);
    this.worker = worker;
  }
}
