import { checkReadable } from "../errors/check-options.js";
import { DoNotRestart } from "../errors/do-not-restart.js";
import { describeKind, hasMethod, ownKeys, readProperty } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { nearMiss } from "../errors/nearest-names.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { AsyncScope } from "./async-scope.js";
import { Scope } from "./cancellation-scope.js";
import { reportClockProblem } from "./clock-problem.js";
import { Context } from "./context.js";
import { type Logger, loggerProblem } from "./logger.js";
import { isAbortSignal, onAbort } from "./on-abort.js";
import { isFailure, type Outcome } from "./outcome.js";
import { ProblemLog } from "./problem-log.js";
import type { Runs } from "./runs.js";
import { stderrLogger } from "./stderr-logger.js";
import type { Startable, Task } from "./task.js";
import type { WorkerCommands } from "./worker-commands.js";
import type { WorkerContext } from "./worker-context.js";

/** Where something runs, as the caller of a public function gives it: a {@link WorkerContext}, or as little of one as there is. */
export interface RunOptions {
  /** Aborts what runs. */
  readonly signal?: AbortSignal | undefined;
  /** By default one that writes readable lines to stderr. */
  readonly logger?: Logger | undefined;
}

/** How something ended that has not failed, and why it was stopped, if it was. */
export interface ExitResult {
  readonly outcome: Exclude<Outcome, Error>;
  readonly reason: unknown;
}

/**
 * Runs a link from outside the tree and promises how it ends: rejects with its error, if it fails.
 *
 * The context may be one of ours, and the link then becomes a part of that worker: it is named after it, aborted with it and
 * reports its runs to it. Any other object that has a signal serves as well.
 */
export function runUnder(context: RunOptions, link: Startable): Promise<ExitResult> {
  return new Promise((resolve, reject) => {
    const bridge = new RootTask(context, link, (outcome) => {
      if (isFailure(outcome)) reject(outcome);
      else resolve({ outcome, reason: bridge.reason });
    });
    bridge.reportClockProblem();
    bridge.start();
  });
}

/**
 * What is done for good ends the worker that it is a part of as well, who must not go on as if it had come to its end.
 * @throws DoNotRestart if there is such a worker
 */
export function endWorkerOf(context: object): void {
  if (Context.activityOf(context) !== undefined)
    throw new DoNotRestart("What this worker ran is done for good, and so is the worker");
}

/** The root of a tree: what looks upwards from below ends here, at the caller's context. */
export class RootTask extends Scope {
  readonly #context: RunOptions & Partial<Omit<WorkerContext, keyof RunOptions>>;
  readonly #outer: Task | undefined;
  readonly #link: Startable;
  readonly #done: (outcome: Outcome) => void;
  readonly #asyncScope = new AsyncScope();
  #problemLog: ProblemLog | undefined;
  readonly #callOffs: (() => void)[] = [];

  /**
   * @param done is told of the outcome once, possibly before {@link start} returns
   * @throws InvalidArgumentError if the context is malformed
   */
  constructor(context: RunOptions, link: Startable, done: (outcome: Outcome) => void) {
    super();
    checkOptions(context);
    this.#context = context;
    this.#outer = Context.activityOf(context);
    this.#link = link;
    this.#done = done;
  }

  /** The worker that this is a part of, if the context is one of ours or was derived from one. */
  get outer(): Task | undefined {
    return this.#outer;
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

  /** What is called by hand is a part of the run that calls it, and not a worker that can be given commands. */
  override get commands(): WorkerCommands | undefined {
    return undefined;
  }

  /** What is called by hand is waited for by the code that calls it. */
  override get leasedRun(): undefined {
    return undefined;
  }

  override guard(signal: AbortSignal): void {
    this.#outer?.guard(signal);
  }

  override isDone(): boolean {
    return false;
  }

  override setDone(): void {}

  override start(): void {
    const signal = this.#given("signal");
    if (this.#outer !== undefined) this.#callOffs.push(this.#outer.branch(this));
    if (signal !== undefined) this.#callOffs.push(onAbort(signal, this));
    this.startChild(this.#link);
  }

  /** Reports a clock that does not go: once to each log, or for each worker of which this is a part. */
  reportClockProblem(): void {
    reportClockProblem(this.#outer?.problemLog ?? this.logger, this);
  }

  protected override onChildExit(outcome: Outcome): void {
    for (const callOff of this.#callOffs) callOff();
    this.#done(outcome);
  }

  /** A failure is thrown to the caller. */
  override consequenceOf(): string {
    return "";
  }

  override onRecovered(): void {
    this.#outer?.onRecovered();
  }

  override onRunsMissed(): void {}

  // A failure is thrown to whoever has called this. It is the worker's if the caller lets it be.

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

  /**
   * A member of the context, but not what one of ours would make of the worker behind it, which is asked directly. One that cannot be read
   * is not there.
   */
  #given<Key extends keyof RunOptions>(key: Key): RunOptions[Key] {
    try {
      return this.#outer === undefined || Object.hasOwn(this.#context, key) ? this.#context[key] : undefined;
    } catch {
      return undefined;
    }
  }
}

function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new InvalidArgumentError(`The context is ${describeKind(options)}: pass an object with a signal`);
  }
  const isOurs = Context.activityOf(options) !== undefined;
  for (const key of ownKeys(options)) checkSpelling(key, options, isOurs);
  if (isOurs) return;
  const signal = checkReadable("The signal of the context", options, "signal");
  const logger = checkReadable("The logger of the context", options, "logger");
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new InvalidArgumentError(`The signal of the context is ${describeKind(signal)}: pass an AbortSignal`);
  }
  const problem = logger === undefined ? undefined : loggerProblem(logger);
  if (problem !== undefined) throw new InvalidArgumentError(`The logger of the context: ${problem}`);
}

/** Whether a value would do for an option. */
const fits: Readonly<Record<keyof RunOptions, (value: unknown) => boolean>> = {
  signal: isAbortSignal,
  logger: (value) => hasMethod(value, "info"),
};

/**
 * A context may have fields of the user's. One is a misspelt option if its name is near that of an option which is missing, and its value
 * would do for it: `ledger` and `signed` are fields like others.
 * @param isOurs whether all options that it does not have itself are those of a worker
 * @throws InvalidArgumentError if it is misspelt
 */
function checkSpelling(key: string, options: object, isOurs: boolean): void {
  const meant = nearMiss(key, ["signal", "logger"] as const);
  if (meant === undefined || meant === key) return;
  const isThere = isOurs ? Object.hasOwn(options, meant) : readProperty(options, meant) !== undefined;
  if (!isThere && fits[meant](readProperty(options, key)))
    throw new InvalidArgumentError(`The context has no option "${key}": did you mean ${meant}?`);
}
