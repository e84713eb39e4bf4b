import { WatchbillError } from "./watchbill-error.js";

/** A run returned something that does its work only when it is asked to, such as an iterator or an Observable, so that nothing has been done. */
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
