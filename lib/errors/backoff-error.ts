import { setErrorParts } from "./error-text.js";
import { WatchbillError } from "./watchbill-error.js";

/**
 * A backoff threw, or returned something that is not a delay, so the worker could not be restarted and has ended.
 * `cause` is what the backoff threw, if it did; `failure` is the worker's own error, if it was one that asked for the delay.
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
