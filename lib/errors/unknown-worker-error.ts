import { cutText, showValue } from "./foreign-value.js";
import { nearestNames } from "./nearest-names.js";
import { WatchbillError } from "./watchbill-error.js";

/** A worker was asked for by a name that no worker has. The message has the nearest ones. */
export class UnknownWorkerError extends WatchbillError {
  static {
    this.prototype.name = "UnknownWorkerError";
  }

  readonly worker: string;

  /** @param names of the workers that there are */
  constructor(worker: string, names: readonly string[]) {
    const shown = typeof worker === "string" ? `"${cutText(worker, 100)}"` : showValue(worker);
    super(`There is no worker ${shown}: ${nearestNames(worker, names)}`);
    this.worker = worker;
  }
}
