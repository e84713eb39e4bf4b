import { WatchbillError } from "./watchbill-error.js";

/** Something was asked of a worker that does not run, or of a runner that does not. */
export class WorkerNotRunningError extends WatchbillError {
  static {
    this.prototype.name = "WorkerNotRunningError";
  }

  readonly worker: string;

  /**
   * @param wish what was asked for, as in "triggered"
   * @param obstacle why that cannot be: "the runner does not run"
   */
  constructor(worker: string, wish: string, obstacle: string) {
    super(`${worker} cannot be ${wish}: ${obstacle}`);
    this.worker = worker;
  }
}
