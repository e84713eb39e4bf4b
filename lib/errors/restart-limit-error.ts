import { setErrorParts } from "./error-text.js";
import { describeError } from "./read-error.js";
import { WatchbillError } from "./watchbill-error.js";

/** A worker failed more often than its retry allows, so the retry gave up. `cause` is the last error. */
export class RestartLimitError extends WatchbillError {
  static {
    this.prototype.name = "RestartLimitError";
  }

  readonly worker: string;

  /** @param limit for the message: "5 restarts within 1m" */
  constructor(worker: string, limit: string, cause: Error) {
    const headline = `${worker || "A worker"} gave up after ${limit}`;
    super(`${headline}; its last error: ${describeError(cause)}`, { cause });
    this.worker = worker;
    setErrorParts(this, { headline });
  }
}
