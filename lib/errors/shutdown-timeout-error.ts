import { WatchbillError } from "./watchbill-error.js";

/** Some workers were told to stop and did not within the shutdown timeout. They still run: nothing can end them but the process. */
export class ShutdownTimeoutError extends WatchbillError {
  static {
    this.prototype.name = "ShutdownTimeoutError";
  }

  /** The names of the workers that had not stopped. */
  readonly workers: readonly string[];

  /** @param timeout for the message, written for a person: "30s" */
  constructor(workers: readonly string[], timeout: string) {
    const count = workers.length === 1 ? "1 worker" : `${workers.length} workers`;
    super(
      `${count} did not stop within ${timeout}: ${workers.join(", ")}. Let each watch context.signal, or raise shutdownTimeout`,
    );
    this.workers = workers;
  }
}
