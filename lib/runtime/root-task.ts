import { DoNotRestart } from "../errors/do-not-restart.js";
import { readProperty } from "../errors/read-value.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { type Around, aroundOfProcess } from "./around.js";
import { AsyncScope } from "./async-scope.js";
import { CancellationScope } from "./cancellation-scope.js";
import { reportClockProblem } from "./clock-problem.js";
import { Context } from "./context.js";
import { epochOf } from "./epoch.js";
import type { Logger } from "./logger.js";
import { onAbort } from "./on-abort.js";
import { isFailure, type Outcome } from "./outcome.js";
import { ProblemLog } from "./problem-log.js";
import { checkRunOptions, type RunOptions } from "./run-options.js";
import type { RunCause, RunStart, Runs } from "./runs.js";
import { stderrLogger } from "./stderr-logger.js";
import { type Definition, Task } from "./task.js";
import { afterTransition, inTransition } from "./transition.js";
import type { WorkerCommands } from "./worker-commands.js";
import type { WorkerContext } from "./worker-context.js";

/** How a root task exited that has not failed, and the reason if it was stopped. */
export interface ExitResult {
  readonly outcome: Exclude<Outcome, Error>;
  readonly reason: unknown;
}

/**
 * Runs a definition for the caller of a public function. Resolves with how it exited; rejects with its error if it failed.
 *
 * Under the context of a worker it becomes a part of that worker: it has the name of the worker as a prefix, is cancelled with
 * it, and reports its runs to it. Any other object that has a signal is a context too.
 */
export function runUnder(context: RunOptions, definition: Definition): Promise<ExitResult> {
  return new Promise((resolve, reject) => {
    const root = new RootTask(context, definition, (outcome) => {
      if (isFailure(outcome)) reject(outcome);
      else resolve({ outcome, reason: root.reason });
    });
    root.reportClockProblem();
    root.start();
  });
}

/**
 * Completes the worker whose context this is, because a part of it has completed: it must not go on as after a normal return.
 * @throws DoNotRestart if it is the context of a worker
 */
export function completeWorkerOf(context: object): void {
  if (Context.taskOf(context) !== undefined) throw new DoNotRestart("What this worker ran has completed, and so has the worker");
}

/** The root of a tree of tasks: answers what the tasks below ask, from the context of the caller. */
export class RootTask extends Task {
  readonly #context: RunOptions & Partial<Omit<WorkerContext, keyof RunOptions>>;
  readonly #outer: Task | undefined;
  readonly #definition: Definition;
  readonly #onExit: (outcome: Outcome) => void;
  readonly #asyncScope = new AsyncScope();
  #problemLog: ProblemLog | undefined;
  readonly #detach: (() => void)[] = [];
  readonly #startedAt = TimerQueue.current().now();
  #scope: CancellationScope | undefined = undefined;

  /**
   * @param onExit called once, possibly before {@link start} returns
   * @throws InvalidArgumentError if the context is malformed
   */
  constructor(context: RunOptions, definition: Definition, onExit: (outcome: Outcome) => void) {
    super();
    checkRunOptions(context);
    this.#context = context;
    this.#outer = Context.taskOf(context);
    this.#definition = definition;
    this.#onExit = onExit;
  }

  /** The task of the worker that this is a part of, if the context is that of a worker or was derived from one. */
  get outer(): Task | undefined {
    return this.#outer;
  }

  /** Reports a clock that stands still: once to each log, or for each worker that this is a part of. */
  reportClockProblem(): void {
    reportClockProblem(this.#outer?.problemLog ?? this.logger, this);
  }

  protected override get ownScope(): CancellationScope {
    return (this.#scope ??= new CancellationScope());
  }

  override get asyncScope(): AsyncScope {
    return this.#asyncScope;
  }

  override get problemLog(): ProblemLog {
    return this.#outer?.problemLog ?? (this.#problemLog ??= new ProblemLog());
  }

  override get resetAfter(): number {
    return this.#outer?.resetAfter ?? 60_000;
  }

  override get name(): string {
    const name = readProperty(this.#context, "name");
    return typeof name === "string" ? name : (this.#outer?.name ?? "");
  }

  override get attempt(): number {
    const attempt = readProperty(this.#context, "attempt");
    return typeof attempt === "number" ? attempt : (this.#outer?.attempt ?? 0);
  }

  override get logger(): Logger {
    return this.#given("logger") ?? this.#outer?.logger ?? stderrLogger;
  }

  override get startTime(): number {
    return TimerQueue.current().now();
  }

  override get startCause(): RunCause {
    return "start";
  }

  override get runStart(): RunStart {
    return { cause: "start", due: this.#startedAt };
  }

  override get scheduledAt(): number {
    const scheduledAt = readProperty(this.#context, "scheduledAt");
    return typeof scheduledAt === "number" ? scheduledAt : (this.#outer?.scheduledAt ?? epochOf(this.#startedAt));
  }

  override get fence(): number | undefined {
    const fence = readProperty(this.#context, "fence");
    return typeof fence === "number" ? fence : this.#outer?.fence;
  }

  override get around(): readonly Around[] {
    return this.#outer?.around ?? aroundOfProcess();
  }

  /** What the code of a worker runs is a part of that run, and does not take the commands of the worker. */
  override get commands(): WorkerCommands | undefined {
    return undefined;
  }

  /** What the code of a worker runs sleeps in this process, as that code waits for it. */
  override get leasedRun(): undefined {
    return undefined;
  }

  override guard(signal: AbortSignal): void {
    this.#outer?.guard(signal);
  }

  override isCompleted(): boolean {
    return false;
  }

  override setCompleted(): void {}

  override start(): void {
    const signal = this.#given("signal");
    if (this.#outer !== undefined) this.#detach.push(this.#outer.attach(this));
    if (signal?.aborted === true) this.abort(signal.reason);
    else if (signal !== undefined) this.#detach.push(onAbort(signal, { abort: this.#requestAbort }));
    inTransition((root: RootTask) => root.startChild(root.#definition), this);
  }

  readonly #requestAbort = (reason: unknown): void => afterTransition(() => this.abort(reason));

  protected override onChildExit(outcome: Outcome): void {
    for (const detach of this.#detach) detach();
    this.#onExit(outcome);
  }

  /** The caller gets the error. */
  override consequenceOf(): string {
    return "";
  }

  override onRecovered(): void {
    this.#outer?.onRecovered();
  }

  override onRunsMissed(): void {}

  /** The caller gets the error, and decides whether the worker fails with it. */
  override onRunFailing(): void {}

  override onRunCompleted(runs: Runs, outcome: Outcome): void {
    this.#outer?.onRunCompleted(runs, isFailure(outcome) ? "stopped" : outcome);
  }

  override stopAll(request: Error): void {
    if (this.#outer === undefined) this.abort(request);
    else this.#outer.stopAll(request);
  }

  override reportHealth(state: "done" | Error): void {
    if (this.#context.reportHealth === undefined) this.#outer?.reportHealth(state);
    else if (state === "done") this.#context.reportHealth();
    else this.#context.reportHealth(state);
  }

  /** A property that the caller has set. The context of a worker has none: its task is asked instead. */
  #given<Key extends keyof RunOptions>(key: Key): RunOptions[Key] {
    try {
      return this.#outer === undefined || Object.hasOwn(this.#context, key) ? this.#context[key] : undefined;
    } catch {
      // A property that cannot be read is not there.
      return undefined;
    }
  }
}
