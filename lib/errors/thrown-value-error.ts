import { types } from "node:util";
import { setErrorParts } from "./error-text.js";
import { onRejection } from "./on-settled.js";
import { errorName } from "./read-error.js";
import { isError } from "./read-value.js";
import { showValue } from "./show-value.js";
import { WatchbillError } from "./watchbill-error.js";

/** A worker threw a value that is not an `Error`, or a proxy of one. `cause` is that value, by identity. */
export class ThrownValueError extends WatchbillError {
  static {
    this.prototype.name = "ThrownValueError";
  }

  readonly worker: string;

  constructor(worker: string, thrown: unknown) {
    const headline = `${worker || "A worker"} threw ${showValue(thrown)}; throw an Error, so that there is a stack`;
    super(headline, { cause: thrown });
    this.worker = worker;
    // Without what was thrown: it may hold a secret.
    setErrorParts(this, { headline });
  }
}

/**
 * Returns what was thrown if it is an `Error`, of whatever realm, and a {@link ThrownValueError} around it if not. Never throws.
 */
export function toError(thrown: unknown, worker: string): Error {
  if (isError(thrown)) return thrown;
  // A promise that rejects is reported by this error, and must not end the process.
  if (types.isPromise(thrown)) onRejection(thrown, () => {});
  return new ThrownValueError(worker, thrown);
}

/** Whether it is an `AbortError`, which is what code that obeys a signal rejects with. Never throws. */
export function isAbortError(thrown: unknown): boolean {
  return isError(thrown) && errorName(thrown) === "AbortError";
}
