import { Activity } from "../context/activity.js";
import { Context } from "../context/context.js";
import type { Outcome } from "../context/outcome.js";
import { RunTrace } from "../events/run-trace.js";
import { judge } from "./judge.js";

/** The end of a chain: calls the user's code once, and tells how it ended. */
export class Call extends Activity {
  readonly #code: (context: Context) => unknown;
  #trace: RunTrace | undefined = undefined;

  constructor(parent: Activity, code: (context: Context) => unknown) {
    super(parent);
    this.#code = code;
  }

  override begin(): void {
    let promise: Promise<unknown> | undefined;
    try {
      const code = this.#code;
      const context = new Context(this);
      this.#trace = RunTrace.of(this);
      const result = this.#trace === undefined ? code(context) : this.#trace.call(() => code(context));
      if ((typeof result === "object" && result !== null) || typeof result === "function") promise = Promise.resolve(result);
    } catch (thrown) {
      this.settle(judge(this, thrown, this.aborted));
      return;
    }
    if (promise === undefined) {
      this.settle("done");
      return;
    }
    this.#trace?.goesOn();
    promise.then(
      () => this.settle("done"),
      (thrown: unknown) => this.settle(judge(this, thrown, this.aborted)),
    );
  }

  protected override settle(outcome: Outcome): void {
    this.#trace?.ended(outcome, this.reason);
    super.settle(outcome);
  }

  /** Nothing is started below the end. */
  protected override ended(): void {}
}
