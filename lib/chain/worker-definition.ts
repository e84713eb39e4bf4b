import { className, functionName, hasMethod, isInstanceOf, readProperty, showUnlessText } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { Definition } from "../runtime/definition.js";
import type { Outcome } from "../runtime/outcome.js";
import { endWorkerOf, runUnder } from "../runtime/root-task.js";
import { addRuns } from "../runtime/runs.js";
import type { Task } from "../runtime/task.js";
import type { WorkerContext } from "../runtime/worker-context.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { CallTask } from "./call-task.js";
import { generatorProblem } from "./generator-function.js";
import type { Repetition } from "./repetition.js";
import type { Worker, WorkerFunc } from "./worker.js";

/** A link that is a worker. */
export abstract class WorkerDefinition extends Definition implements Worker {
  /**
   * Whether it proves itself by staying up, and not by runs that succeed.
   * @internal
   */
  abstract readonly isContinuous: boolean;

  /**
   * How it repeats, if that is what it does.
   * @internal
   */
  get repetition(): Repetition | undefined {
    return undefined;
  }

  /**
   * Whether it is restarted by a retry of its own.
   * @internal
   */
  get hasRetry(): boolean {
    return false;
  }

  /**
   * Resolves when the worker has returned, or has stopped after an abort. If it is done for good, the worker whose context this
   * is ends too, by a {@link DoNotRestart}.
   * @param context of a worker, or anything that has a signal
   */
  async run(context: WorkerContext): Promise<void> {
    const { outcome } = await runUnder(context, this);
    if (outcome === "completed") endWorkerOf(context);
  }
}

/**
 * The link that a worker is, or one that calls it.
 * @throws InvalidArgumentError if it is neither a function nor has a method `run`, or that is a generator
 */
export function workerDefinition(worker: Worker | WorkerFunc): WorkerDefinition {
  if (isInstanceOf(worker, WorkerDefinition)) return worker;
  const problem = generatorProblem(typeof worker === "function" ? worker : readProperty(worker, "run"));
  if (problem !== undefined) throw new InvalidArgumentError(`${nameOf(worker)} ${problem}`);
  if (typeof worker === "function") return new CalledWorker(worker, functionName(worker));
  if (isWorker(worker)) return new CalledWorker((context) => worker.run(context), className(worker));
  throw new InvalidArgumentError(
    `${showUnlessText(worker)} is not a worker: pass a function, or an object with a method run(context)`,
  );
}

function nameOf(worker: Worker | WorkerFunc): string {
  return typeof worker === "function"
    ? functionName(worker) || "A function without a name"
    : `${className(worker) || "A worker"}.run`;
}

export function isWorker(value: unknown): value is Worker {
  return typeof value === "object" && hasMethod(value, "run");
}

/** The user's own worker. */
class CalledWorker extends WorkerDefinition {
  readonly isContinuous = true;
  readonly label: string;
  readonly #code: WorkerFunc;

  constructor(code: WorkerFunc, label: string) {
    super();
    this.#code = code;
    this.label = label;
  }

  override createTask(parent: Task): Task {
    return new WorkerCallTask(parent, this.#code);
  }
}

/** A continuous worker's call is a run of it. The calls of a job are counted by whoever repeats it. */
class WorkerCallTask extends CallTask {
  readonly #start = TimerQueue.current().now();

  /** Sleeps while the code runs, until it has stayed up for long enough to be well. */
  override start(): void {
    this.sleep(this.resetAfter);
    super.start();
  }

  override wake(): void {
    this.onRecovered();
  }

  /** Code that reports its health knows better than the clock. */
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

  protected override exit(outcome: Outcome): void {
    // To return is how one stops.
    const verdict = outcome === "done" && this.aborted ? "stopped" : outcome;
    this.cancelSleep();
    this.onRunCompleted({ count: 1, lastStart: this.#start, lastDuration: TimerQueue.current().now() - this.#start }, verdict);
    super.exit(verdict);
  }

  override describe(status: WorkerStatus): void {
    addRuns(status, { count: 1, lastStart: this.#start, lastDuration: -1 });
  }
}
