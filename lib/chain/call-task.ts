import { LazyResultError } from "../errors/lazy-result-error.js";
import { isThenable, onSettled } from "../errors/on-settled.js";
import { hasMethod, isObjectLike, readProperty } from "../errors/read-value.js";
import { RunTrace } from "../events/run-trace.js";
import { callAround } from "../runtime/around.js";
import { Context } from "../runtime/context.js";
import { epochOf } from "../runtime/epoch.js";
import type { Outcome } from "../runtime/outcome.js";
import { addRuns, type RunCause, type RunStart, type Runs } from "../runtime/runs.js";
import { Task } from "../runtime/task.js";
import { callAfterTransition, inTransition, leaveCode } from "../runtime/transition.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { classifyThrown } from "./classify-thrown.js";

/** The end of a chain: calls the code of the user once, and reports how that ended. */
export class CallTask extends Task {
  /** Undefined after the call. */
  #code: ((context: Context) => unknown) | undefined;
  #trace: RunTrace | undefined = undefined;

  constructor(parent: Task, code: (context: Context) => unknown) {
    super(parent);
    this.#code = code;
  }

  /** The code is called when the tree is consistent again, so that it may call commands. */
  override start(): void {
    callAfterTransition(this);
  }

  callCode(): void {
    this.asyncScope.run(callUserCode, this);
  }

  /**
   * Called in the async context of the run. What follows the promise of the code is in it too, since a promise keeps the context
   * in which it is awaited.
   */
  call(): void {
    const code = this.#code;
    if (this.aborted || code === undefined) {
      leaveCode();
      inTransition(exitStopped, this);
      return;
    }
    let result: unknown;
    try {
      const context = new Context(this);
      this.#trace = RunTrace.of(this);
      // No function here captures a variable: that would cost memory in every run.
      result =
        this.#trace === undefined
          ? callThroughAround(this, context, code)
          : this.#trace.call(callThroughAround, this, context, code);
      if (isObjectLike(result)) {
        this.#trace?.continueAsync();
        onSettled(
          result,
          (value: unknown) => this.onReturned(value),
          (thrown: unknown) => this.onThrown(thrown),
        );
        return;
      }
    } catch (thrown) {
      leaveCode();
      this.onThrown(thrown);
      return;
    }
    leaveCode();
    inTransition(exitDone, this);
  }

  private onReturned(value: unknown): void {
    const error = isObjectLike(value) ? lazyResult(value, this.name) : undefined;
    if (error === undefined) inTransition(exitDone, this);
    else inTransition(exitThrown, { call: this, thrown: error });
  }

  private onThrown(thrown: unknown): void {
    inTransition(exitThrown, { call: this, thrown });
  }

  /** Ignores a report that comes after the run. */
  override reportHealth(state: "done" | Error): void {
    if (this.#code !== undefined) super.reportHealth(state);
  }

  override exit(outcome: Outcome): void {
    this.#code = undefined;
    this.#trace?.end(outcome, this.reason);
    super.exit(outcome);
  }

  /** A call has no child. */
  protected override onChildExit(): void {}
}

/** The call of a continuous worker, which counts as one run of it. The runs of a job are counted by the task that repeats it. */
export class WorkerCallTask extends CallTask {
  readonly #start = TimerQueue.current().now();
  readonly #cause: RunCause;
  #isCalled = false;

  constructor(parent: Task, code: (context: Context) => unknown) {
    super(parent, code);
    this.#cause = parent.startCause;
  }

  /** Sleeps while the code runs, until the worker has stayed up for long enough to be healthy. */
  override start(): void {
    this.sleep(this.resetAfter);
    super.start();
  }

  override call(): void {
    this.#isCalled = !this.aborted;
    super.call();
  }

  override onWake(): void {
    this.onRecovered();
  }

  /** Code that reports its health replaces the report that would come after `resetAfter`. */
  override reportHealth(state: "done" | Error): void {
    this.cancelSleep();
    super.reportHealth(state);
  }

  protected override cancelWork(): void {
    this.cancelSleep();
  }

  override unref(): void {
    this.cancelSleep();
  }

  override exit(outcome: Outcome): void {
    // A worker that returns after the request to stop has stopped.
    const result = outcome === "done" && this.aborted ? "stopped" : outcome;
    this.cancelSleep();
    if (this.#isCalled) this.onRunCompleted(this.#runs(TimerQueue.current().now() - this.#start), result);
    super.exit(result);
  }

  override describe(status: WorkerStatus): void {
    addRuns(status, this.#runs(-1));
  }

  override get runStart(): RunStart {
    return { cause: this.#cause, due: this.#start };
  }

  /** Of a distributed worker, the same on the replica that takes over. */
  override get scheduledAt(): number {
    return this.leasedRun === undefined ? epochOf(this.#start) : super.scheduledAt;
  }

  /** A continuous worker has no runs that are due. */
  override checkRun(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Without the last success, which the task that monitors the worker knows. */
  #runs(lastDuration: number): Runs {
    return { count: 1, lastStart: this.#start, lastDuration, lastSuccess: -1 };
  }
}

/** Calls the code, through the functions that wrap it. */
function callThroughAround({ around, name }: CallTask, context: Context, code: (context: Context) => unknown): unknown {
  return around.length === 0 ? code(context) : callAround(around, context, refusingLazyResults(code, name));
}

/** A function around the code may drop its result, which must be checked before that. */
function refusingLazyResults(code: (context: Context) => unknown, worker: string): (context: Context) => unknown {
  const check = (result: unknown): unknown => {
    const error = isObjectLike(result) ? lazyResult(result, worker) : undefined;
    if (error !== undefined) throw error;
    return result;
  };
  return (context) => {
    const result = code(context);
    return isThenable(result) ? (async () => check(await result))() : check(result);
  };
}

function callUserCode(call: CallTask): void {
  call.call();
}

function exitDone(call: CallTask): void {
  call.exit("done");
}

function exitThrown({ call, thrown }: { readonly call: CallTask; readonly thrown: unknown }): void {
  call.exit(classifyThrown(call, thrown, call.aborted));
}

function exitStopped(call: CallTask): void {
  call.exit("stopped");
}

/** Recognises an Observable by `Symbol.observable` or `"@@observable"`; one of rxjs, which may have neither, by its methods. */
function isObservable(result: object): boolean {
  const key = readProperty(Symbol, "observable");
  if (typeof key === "symbol" && hasMethod(result, key)) return true;
  return hasMethod(result, "@@observable") || (hasMethod(result, "subscribe") && hasMethod(result, "pipe"));
}

/** Returns the error of a run whose result does its work only when it is consumed: an iterator or an Observable. */
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
