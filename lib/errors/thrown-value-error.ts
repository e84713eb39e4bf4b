import { types } from "node:util";
import { inspectSafely } from "./inspect-safely.js";
import { WatchbillError } from "./watchbill-error.js";

/** A worker threw something that is not an `Error`. `cause` is what it threw, by identity. */
export class ThrownValueError extends WatchbillError {
  static {
    this.prototype.name = "ThrownValueError";
  }

  readonly worker: string;

  constructor(worker: string, thrown: unknown) {
    const glimpse = inspectSafely(thrown, { depth: 0, maxStringLength: 100, breakLength: Number.POSITIVE_INFINITY });
    super(`${worker || "A worker"} threw ${glimpse}; throw an Error, so that there is a stack`, { cause: thrown });
    this.worker = worker;
  }
}

/** Returns what was thrown if it is an `Error`, of whatever realm, and a {@link ThrownValueError} around it if not. Never throws. */
export function toError(thrown: unknown, worker: string): Error {
  return isError(thrown) ? thrown : new ThrownValueError(worker, thrown);
}

/** Whether it is an `AbortError`, as those are who obey a signal. Never throws. */
export function isAbortError(thrown: unknown): boolean {
  try {
    return isError(thrown) && thrown.name === "AbortError";
  } catch {
    return false;
  }
}

/** Whether it is an `Error`, of whatever realm. Never throws. */
export function isError(thrown: unknown): thrown is Error {
  try {
    return types.isNativeError(thrown) || thrown instanceof Error;
  } catch {
    // A revoked proxy cannot even be asked.
    return false;
  }
}
