import { WatchbillError } from "./watchbill-error.js";

/** A run returned an iterator or an Observable, which does nothing until it is read, so the run has done nothing. */
export class LazyResultError extends WatchbillError {
  static {
    this.prototype.name = "LazyResultError";
  }

  readonly worker: string;

  /**
   * @param result what was returned: "an iterator"
   * @param fix what to do: "iterate over it in the method"
   */
  constructor(worker: string, result: string, fix: string) {
    super(`${worker || "A worker"} returned ${result}, and nothing of it has run: ${fix}`);
    this.worker = worker;
  }
}
