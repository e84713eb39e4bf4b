import { nearestNames } from "./nearest-names.js";
import { cutText, showValue } from "./show-value.js";
import { WatchbillError } from "./watchbill-error.js";

/** No worker has the name that was passed. The message suggests the nearest names. */
export class UnknownWorkerError extends WatchbillError {
  static {
    this.prototype.name = "UnknownWorkerError";
  }

  readonly worker: string;

  /** @param names of the existing workers */
  constructor(worker: string, names: readonly string[]) {
    const shown = typeof worker === "string" ? `"${cutText(worker, 100)}"` : showValue(worker);
    super(`There is no worker ${shown}: ${nearestNames(worker, names)}`);
    this.worker = worker;
  }
}
