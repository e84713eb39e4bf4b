import { WatchbillError } from "./watchbill-error.js";

/** One run of a job took longer than it may. */
export class TimeoutError extends WatchbillError {
  static {
    this.prototype.name = "TimeoutError";
  }

  readonly worker: string;

  /** @param limit for the message, written for a person: "30s" */
  constructor(worker: string, limit: string) {
    super(`A run of ${worker || "a job"} took longer than ${limit}: let it watch context.signal, or raise its timeout`);
    this.worker = worker;
  }
}
