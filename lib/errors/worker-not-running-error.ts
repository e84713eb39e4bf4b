import { WatchbillError } from "./watchbill-error.js";

/** A command was refused because the worker or the runner does not run. */
export class WorkerNotRunningError extends WatchbillError {
  static {
    this.prototype.name = "WorkerNotRunningError";
  }

  readonly worker: string;

  /**
   * @param action what was to be done: "triggered"
   * @param obstacle why that cannot be: "the runner does not run"
   */
  constructor(worker: string, action: string, obstacle: string) {
    super(`${worker} cannot be ${action}: ${obstacle}`);
    this.worker = worker;
  }
}
