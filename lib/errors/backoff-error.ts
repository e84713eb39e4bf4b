import { setErrorParts } from "./error-text.js";
import { WatchbillError } from "./watchbill-error.js";

/**
 * A backoff threw or did not return a delay, so the worker could not be restarted and has failed. `cause` is the error of the
 * backoff, if it threw; `failure` is the error of the worker after which the backoff was called, if there was one.
 */
export class BackoffError extends WatchbillError {
  static {
    this.prototype.name = "BackoffError";
  }

  readonly worker: string;
  readonly failure: Error | undefined;

  constructor(worker: string, problem: string, failure: Error | undefined, options?: ErrorOptions) {
    const headline = `The backoff of ${worker || "a worker"} ${problem}; it must return a finite number of ms, 0 or more`;
    super(headline, options);
    this.worker = worker;
    this.failure = failure;
    if (failure !== undefined) setErrorParts(this, { headline, errors: [["the worker's own error: ", failure]] });
  }
}
