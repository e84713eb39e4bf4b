import { hasMethod, isObjectLike, onSettled, readProperty } from "../errors/foreign-value.js";
import { LazyResultError } from "../errors/lazy-result-error.js";
import { RunTrace } from "../events/run-trace.js";
import { Context } from "../runtime/context.js";
import type { Outcome } from "../runtime/outcome.js";
import { Task } from "../runtime/task.js";
import { classifyThrown } from "./classify-thrown.js";

/** The end of a chain: calls the user's code once, and tells how it ended. */
export class CallTask extends Task {
  readonly #code: (context: Context) => unknown;
  #trace: RunTrace | undefined = undefined;
  #hasSettled = false;

  constructor(parent: Task, code: (context: Context) => unknown) {
    super(parent);
    this.#code = code;
  }

  override start(): void {
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
          (value: unknown) => this.exit(isObjectLike(value) ? (lazyResult(value, this.name) ?? "done") : "done"),
          (thrown: unknown) => this.exit(classifyThrown(this, thrown, this.aborted)),
        );
        return;
      }
    } catch (thrown) {
      this.exit(classifyThrown(this, thrown, this.aborted));
      return;
    }
    this.exit("done");
  }

  /** A report that comes after the run is none of it. */
  override reportHealth(state: "done" | Error): void {
    if (!this.#hasSettled) super.reportHealth(state);
  }

  protected override exit(outcome: Outcome): void {
    this.#hasSettled = true;
    this.#trace?.ended(outcome, this.reason);
    super.exit(outcome);
  }

  /** Nothing is started below the end. */
  protected override onChildExit(): void {}
}

function callUserCode(call: CallTask): void {
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
