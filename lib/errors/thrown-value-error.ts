import { inspect, types } from "node:util";
import { WatchbillError } from "./watchbill-error.js";

/** A worker threw something that is not an `Error`. `cause` is what it threw, by identity. */
export class ThrownValueError extends WatchbillError {
  static {
    this.prototype.name = "ThrownValueError";
  }

  readonly worker: string;

  constructor(worker: string, thrown: unknown) {
    super(`${worker} threw ${glimpse(thrown)}; throw an Error, so that there is a stack`, { cause: thrown });
    this.worker = worker;
  }
}

/** Returns what was thrown if it is an `Error`, of whatever realm, and a {@link ThrownValueError} around it if not. */
export function toError(thrown: unknown, worker: string): Error {
  return thrown instanceof Error || types.isNativeError(thrown) ? thrown : new ThrownValueError(worker, thrown);
}

function glimpse(value: unknown): string {
  try {
    return inspect(value, { depth: 0, maxStringLength: 100, breakLength: Number.POSITIVE_INFINITY });
  } catch {
    return `something of type ${typeof value} that cannot be shown`;
  }
}
