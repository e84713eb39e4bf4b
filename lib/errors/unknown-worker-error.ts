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
    super(`There is no worker "${worker}": ${nearestNames(worker, names)}`);
    this.worker = worker;
  }
}
