import { WatchbillError } from "./watchbill-error.js";

/** A worker that was told to stop and has not. */
export interface HungWorker {
  readonly worker: string;
  /** What it was doing instead: `"running"`, for example, or `"overdue"`. */
  readonly phase: string;
  /** How long ago it was told to stop, in ms. */
  readonly hungFor: number;
}

/** Some workers were told to stop and did not within the shutdown timeout. They still run: nothing can end them but the process. */
export class ShutdownTimeoutError extends WatchbillError {
  static {
    this.prototype.name = "ShutdownTimeoutError";
  }

  /** The names of the workers that had not stopped. */
  readonly workers: readonly string[];
  /** The same with what each was doing, and for how long. */
  readonly hung: readonly HungWorker[];

  /** @param timeout for the message, written for a person: "30s" */
  constructor(workers: readonly string[], timeout: string, hung: readonly HungWorker[] = []) {
    const count = workers.length === 1 ? "1 worker" : `${workers.length} workers`;
    super(
      `${count} did not stop within ${timeout}: ${workers.join(", ")}. Let each watch context.signal, or raise shutdownTimeout`,
    );
    this.workers = workers;
    this.hung = hung;
  }
}
