import { Activity } from "../context/activity.js";
import { Context } from "../context/context.js";
import type { Outcome } from "../context/outcome.js";
import { WorkerLogger } from "../context/worker-logger.js";
import { DoNotRestart } from "../errors/do-not-restart.js";
import { StopRoster } from "../errors/stop-roster.js";
import { isAbortError, toError } from "../errors/thrown-value-error.js";

/**
 * The end of a chain: calls the user's code once, and judges how it ended.
 *
 * After an abort, what rejects with the abort's reason or an `AbortError` has stopped cleanly. Everything else that is
 * thrown, at whatever moment and of whatever type, becomes an error.
 */
export class Call extends Activity {
  readonly #code: (context: Context) => unknown;

  constructor(parent: Activity, code: (context: Context) => unknown) {
    super(parent);
    this.#code = code;
  }

  override begin(): void {
    let promise: Promise<unknown> | undefined;
    try {
      const code = this.#code;
      const result = code(new Context(this));
      if ((typeof result === "object" && result !== null) || typeof result === "function") promise = Promise.resolve(result);
    } catch (thrown) {
      this.settle(this.judge(thrown));
      return;
    }
    if (promise === undefined) {
      this.settle("done");
      return;
    }
    promise.then(
      () => this.settle("done"),
      (thrown: unknown) => this.settle(this.judge(thrown)),
    );
  }

  /** Nothing is started below the end. */
  protected override ended(): void {}

  private judge(thrown: unknown): Outcome {
    const error = toError(thrown, this.name);
    if (error instanceof DoNotRestart) {
      new WorkerLogger(this.logger, this.name).info(`is done for good: ${error.message}`);
      return "completed";
    }
    if (error instanceof StopRoster) {
      new WorkerLogger(this.logger, this.name).info(`stops all: ${error.message}`);
      this.stopRoster(error);
      return "stopped";
    }
    return this.aborted && (thrown === this.reason || isAbortError(error)) ? "stopped" : error;
  }
}
