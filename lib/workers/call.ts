import { Activity } from "../context/activity.js";
import { Context } from "../context/context.js";
import type { Outcome } from "../context/outcome.js";
import { hasMethod, isObjectLike, onSettled, readProperty } from "../errors/foreign-value.js";
import { LazyResultError } from "../errors/lazy-result-error.js";
import { RunTrace } from "../events/run-trace.js";
import { judge } from "./judge.js";

/** The end of a chain: calls the user's code once, and tells how it ended. */
export class Call extends Activity {
  readonly #code: (context: Context) => unknown;
  #trace: RunTrace | undefined = undefined;
  #hasSettled = false;

  constructor(parent: Activity, code: (context: Context) => unknown) {
    super(parent);
    this.#code = code;
  }

  override begin(): void {
    this.asyncScope.run(callUserCode, this);
  }

  /** In the async context of the run: also what comes after the promise, as a promise keeps the context alive in which it is awaited. */
  call(): void {
    let result: unknown;
    try {
      const code = this.#code;
      const context = new Context(this);
      this.#trace = RunTrace.of(this);
      result = this.#trace === undefined ? code(context) : this.#trace.call(() => code(context));
      if (isObjectLike(result)) {
        this.#trace?.goesOn();
        onSettled(
          result,
          (value: unknown) => this.settle(isObjectLike(value) ? (lazyResult(value, this.name) ?? "done") : "done"),
          (thrown: unknown) => this.settle(judge(this, thrown, this.aborted)),
        );
        return;
      }
    } catch (thrown) {
      this.settle(judge(this, thrown, this.aborted));
      return;
    }
    this.settle("done");
  }

  /** A report that comes after the run is none of it. */
  override checkpoint(state: "done" | Error): void {
    if (!this.#hasSettled) super.checkpoint(state);
  }

  protected override settle(outcome: Outcome): void {
    this.#hasSettled = true;
    this.#trace?.ended(outcome, this.reason);
    super.settle(outcome);
  }

  /** Nothing is started below the end. */
  protected override ended(): void {}
}

function callUserCode(call: Call): void {
  call.call();
}

/** By the method that Observables of all libraries have, under whichever key; or by what those of rxjs have. */
function isObservable(result: object): boolean {
  const key = readProperty(Symbol, "observable");
  if (typeof key === "symbol" && hasMethod(result, key)) return true;
  return hasMethod(result, "@@observable") || (hasMethod(result, "subscribe") && hasMethod(result, "pipe"));
}

/** The error that a run has failed with, if what it returned is still to be run. */
function lazyResult(result: object, worker: string): LazyResultError | undefined {
  if (hasMethod(result, "next") && (hasMethod(result, Symbol.iterator) || hasMethod(result, Symbol.asyncIterator)))
    return new LazyResultError(worker, "an iterator", "iterate over it in the method");
  if (isObservable(result))
    return new LazyResultError(
      worker,
      "an Observable",
      "await lastValueFrom(observable) in the method, or subscribe to it in a @Worker",
    );
  return undefined;
}
