import { WatchbillError } from "../index.js";

/** A run waits for something that is not on the virtual clock, such as a socket: the time would run away meanwhile. */
export class RealWaitError extends WatchbillError {
  static {
    this.prototype.name = "RealWaitError";
  }

  readonly workers: readonly string[];

  /** @param resources what the process waits for, in the words of Node */
  constructor(workers: readonly string[], resources: readonly string[]) {
    super(
      `${workers.join(", ")} ${workers.length === 1 ? "waits" : "wait"} for something real (${resources.join(", ")}), which a virtual clock cannot advance: pass a function for ${workers.length === 1 ? "it" : "them"} in jobs, or use jobs: "model"`,
    );
    this.workers = workers;
  }
}
