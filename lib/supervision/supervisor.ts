import type { JobDefinition } from "../chain/job-definition.js";
import { MonitorTask } from "../chain/monitor-task.js";
import { NamedTask } from "../chain/named-task.js";
import type { WorkerDefinition } from "../chain/worker-definition.js";
import type { Engine } from "../distributed/engine.js";
import { listNames } from "../errors/list-names.js";
import type { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { toError } from "../errors/thrown-value-error.js";
import { WorkerExitedPrematurelyError } from "../errors/worker-exited-prematurely-error.js";
import { type Failure, WorkersFailedError } from "../errors/workers-failed-error.js";
import { channels } from "../events/channels.js";
import type { Around } from "../runtime/around.js";
import { CancellationScope } from "../runtime/cancellation-scope.js";
import type { Logger } from "../runtime/logger.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import { addRuns, noRuns, type RunCause, type Runs } from "../runtime/runs.js";
import { type Definition, Task } from "../runtime/task.js";
import { continueAfterTransition } from "../runtime/transition.js";
import type { WorkerCommands } from "../runtime/worker-commands.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { initialStatus, type WorkerStatus } from "../runtime/worker-status.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { ShutdownSequence } from "./shutdown-sequence.js";
import { StopOperation, type StopReason } from "./stop-operation.js";

/** What a supervisor runs: workers, or jobs, each under a name. */
export type ChildDefinition = WorkerDefinition | JobDefinition;
export type Child = NamedTask<ChildDefinition>;

export interface SupervisorOptions {
  /** `"job"`: every child runs once. `"worker"`, the default: the exit of one child stops the others, unless it has completed. */
  readonly kind?: "worker" | "job";
  /** What it is called in messages; `"the runner"` by default. */
  readonly title?: string;
  /** Its parent's by default. */
  readonly logger?: Logger | undefined;
  /** Wraps every run, within what its parent wraps around it. */
  readonly around?: readonly Around[];
  /** Runs the distributed workers among its children. By default, the engine of the supervisor around this one. */
  readonly engine?: Engine | undefined;
  /** How long after the request to stop, in ms, the children that hang are left behind and named. Never by default. */
  readonly shutdownTimeout?: number;
  /** Splits the children into batches that are stopped one after the other, the last batch first. One batch by default. */
  readonly batches?: ((children: readonly Child[]) => Child[][]) | undefined;
  /** Called with the children whose shutdown timeout is over. With this, none is left behind, however long it takes. */
  readonly onHung?: (error: ShutdownTimeoutError) => void;
  /** The children that have completed, and are not started. Kept by the caller from one supervisor to the next. */
  readonly completed?: Set<Definition>;
}

/** A supervisor in backoff has failed, and its retry will create a new one. */
export type SupervisorState = "running" | "stopping" | "backoff" | "exited";

/** Children that are started one after the other within this time, in ms, have one start time. */
const longestStart = 100;

/** How often to look for long runs that hold up the runs that are due, in ms: less often while none is due. */
const timeBetweenChecks = 120_000;
const longestTimeBetweenChecks = 3_600_000;

/**
 * Runs workers side by side, each under a name and with a signal of its own. When one of them fails or returns, the others are
 * stopped; one that completes leaves the others alone. Exits when all have exited, with a {@link WorkersFailedError} that holds
 * every error, and keeps the process alive until then.
 *
 * Children can be added, stopped, restarted and removed while it runs. A runner is the outermost supervisor, a group is one
 * inside of another, and `runAllWorkers` and `runAllJobs` are one that runs alone.
 */
export class Supervisor extends Task {
  /** In the order in which they were passed. Those that have exited stay, with what is known of their runs. */
  readonly children: Child[];
  readonly #options: SupervisorOptions;
  /** Like a continuous worker, a supervisor has one run. */
  readonly #run: Runs = { ...noRuns, count: 1, lastStart: TimerQueue.current().now() };
  readonly #failures: Failure[] = [];
  /** How many children have not exited. */
  #running: number;
  #hasStarted = false;
  #hasExited = false;
  #isHealthy = false;
  /** The children that have not been started yet. */
  readonly #toStart = new Set<Task>();
  /** The common start time of the children that are being started, and why they are. */
  #startTime: number | undefined;
  #startCause: RunCause | undefined;
  /** Made when a child is first looked up. */
  #byDefinition: Map<Definition, Child> | undefined;
  /** Children that are being stopped while this goes on. */
  readonly #stopOperations = new Map<Task, StopOperation>();
  #shutdown: ShutdownSequence | undefined;
  readonly #onExit: (() => void)[] = [];
  readonly #onLeftBehind: (() => void)[] = [];
  #scope: CancellationScope | undefined = undefined;

  /** @param previous the supervisor whose workers this one starts again: their status and commands continue */
  constructor(parent: Task, definitions: readonly ChildDefinition[], options: SupervisorOptions = {}, previous?: Supervisor) {
    super(parent);
    this.#options = options;
    this.children = definitions.map((definition, index) => this.#createChild(definition, index));
    this.#running = this.children.length;
    for (const child of this.children) continueFrom(child, previous?.find(child.definition));
  }

  #createChild(definition: ChildDefinition, index: number): Child {
    return definition.createNamedTask(this, `${this.#kind} ${index + 1}`);
  }

  get #kind(): "worker" | "job" {
    return this.#options.kind ?? "worker";
  }

  get title(): string {
    return this.#options.title ?? "the runner";
  }

  get state(): SupervisorState {
    if (!this.#hasExited) return this.aborted ? "stopping" : "running";
    return this.parent.sleeping ? "backoff" : "exited";
  }

  /** Calls back when this has exited; at once if it has already. */
  onExit(callback: () => void): void {
    if (this.#hasExited) callback();
    else this.#onExit.push(callback);
  }

  /** Calls back when the supervisor around this one has left it behind. */
  onLeftBehind(callback: () => void): void {
    this.#onLeftBehind.push(callback);
  }

  // Start.

  override start(): void {
    this.#hasStarted = true;
    if (this.#running === 0) {
      this.exit(this.aborted ? "stopped" : "done");
      return;
    }
    if (this.#kind === "worker") this.sleep(Math.min(this.parent.resetAfter, timeBetweenChecks));
    else this.sleepForever();
    this.#startAll([...this.children], super.startCause);
  }

  /**
   * Starts children one after the other, each in a transition of its own, with a common start time. All of them count as running
   * from the beginning: the first may exit before the second has been started.
   */
  #startAll(children: readonly Child[], cause: RunCause): void {
    for (const child of children) this.#toStart.add(child);
    let { startTime } = this;
    let index = 0;
    continueAfterTransition(() => {
      const child = children[index++];
      if (child === undefined) return false;
      this.#toStart.delete(child);
      // A child may have blocked the event loop, and those after it do not start in the past.
      const now = super.startTime;
      if (now - startTime > longestStart) startTime = now;
      if (this.isCompleted(child.definition)) this.onChildExit("completed", child);
      else this.#startChild(child, startTime, cause);
      return index < children.length;
    });
  }

  #startChild(child: Child, startTime: number, cause: RunCause): void {
    const [outerTime, outerCause] = [this.#startTime, this.#startCause];
    this.#startTime = startTime;
    this.#startCause = cause;
    child.start();
    // Its runs may be due before the next check.
    if (this.#isHealthy && this.sleeping) this.sleep(timeBetweenChecks);
    this.#startTime = outerTime;
    this.#startCause = outerCause;
  }

  override get startTime(): number {
    return this.#startTime ?? super.startTime;
  }

  /** Unless this supervisor is starting a child, what starts is started by a command, such as a worker that is resumed. */
  override get startCause(): RunCause {
    return this.#startCause ?? "command";
  }

  // Children.

  find(definition: Definition): Child | undefined {
    this.#byDefinition ??= new Map(this.children.map((child) => [child.definition, child]));
    return this.#byDefinition.get(definition);
  }

  /** Whether a child has exited. A child that has not been started has not. */
  hasChildExited(child: Task): boolean {
    return !child.busy && !this.#toStart.has(child);
  }

  override isCompleted(definition: Definition): boolean {
    return this.#options.completed?.has(definition) === true || super.isCompleted(definition);
  }

  override setCompleted(definition: Definition, isCompleted: boolean): void {
    if (isCompleted) this.#options.completed?.add(definition);
    else this.#options.completed?.delete(definition);
    super.setCompleted(definition, isCompleted);
  }

  /** Starts more children beside those that run. */
  add(definitions: readonly ChildDefinition[]): void {
    const added = definitions.map((definition) => {
      const child = this.#createChild(definition, this.children.length);
      this.children.push(child);
      this.#byDefinition?.set(definition, child);
      return child;
    });
    this.#running += added.length;
    this.#startAll(added, "start");
  }

  /**
   * Stops a child while the others go on. The promise resolves when it has exited, and rejects if that takes too long. The latest
   * request counts: a child that is being stopped for another reason is not aborted again, but the promise of that request
   * rejects.
   * @param onStopped called when it has exited, unless it has completed; however long that takes, and also if the supervisor has
   * been stopped meanwhile
   */
  stopChild(reason: StopReason, child: Child, onStopped: () => void): Promise<void> {
    const earlier = this.#stopOperations.get(child);
    if (earlier?.reason === reason && earlier.isPending) return earlier.promise;
    earlier?.overrule(reason);
    const operation = new StopOperation(reason, child, this.timeToStop(child), onStopped);
    this.#stopOperations.set(child, operation);
    child.abort(new DOMException(`${child.name} was ${reason}`, "AbortError"));
    return operation.promise;
  }

  /** Why a child is being stopped while the others go on; undefined if it is not. */
  stopReasonOf(child: Task): StopReason | undefined {
    return this.#stopOperations.get(child)?.reason;
  }

  /** Overrules the stop of a child that is being paused. */
  resumeChild(child: Child): void {
    const operation = this.#stopOperations.get(child);
    if (operation?.reason === "paused") operation.overrule("resumed");
  }

  /** Starts a child anew that has exited, for a command, unless it was stopped with all. */
  replace(child: Child): void {
    if (!this.children.includes(child) || !this.#mayStart(child)) return;
    child.abort(new DOMException(`${child.name} was restarted`, "AbortError"));
    const index = this.children.indexOf(child);
    const next = this.#createChild(child.definition, index);
    continueFrom(next, child);
    this.children[index] = next;
    this.#byDefinition?.set(next.definition, next);
    this.#shutdown?.replace(child, next);
    this.#running++;
    this.#startChild(next, super.startTime, "command");
  }

  /** Removes a child that has exited. The supervisor goes on, even without any child. */
  remove(child: Child): void {
    const index = this.children.indexOf(child);
    if (index < 0) return;
    this.children.splice(index, 1);
    this.#byDefinition?.delete(child.definition);
    // Stops what it has left running under its signal.
    child.abort(new DOMException(`${child.name} was removed`, "AbortError"));
  }

  // Exit of a child.

  protected override onChildExit(outcome: Outcome, child: Task): void {
    const operation = this.#stopOperations.get(child);
    this.#stopOperations.delete(child);
    if (operation === undefined) {
      this.#onUnrequestedExit(outcome, child);
      return;
    }
    const hasCompleted = outcome === "completed" && operation.reason === "paused";
    if (hasCompleted || !this.#mayStart(child)) {
      // The operation first: this may be the last exit, after which all is started anew, without a child that was removed.
      operation.onExit(hasCompleted);
      this.#onUnrequestedExit(outcome, child);
      return;
    }
    if (isFailure(outcome)) this.#log(child, outcome, "failed while it stopped; the others go on");
    else if (operation.isHung) this.#log(child, outcome, "has stopped after its shutdown timeout");
    this.#running--;
    operation.onExit(hasCompleted);
  }

  /** Whether a child may be started again: the request to stop all has not reached it yet. */
  #mayStart(child: Task): boolean {
    return this.state === "running" || (this.state === "stopping" && this.#shutdown?.isPending(child) === true);
  }

  #onUnrequestedExit(outcome: Outcome, child: Task): void {
    if (this.#shutdown?.wasLeftBehind(child) === true) {
      this.#running--;
      this.#log(child, outcome, "exited after the shutdown timeout");
      if (isFailure(outcome) && !this.#hasExited) this.#failures.push({ worker: child.name, error: outcome });
      return;
    }
    const isFirst = !this.aborted;
    const result = this.#resultOf(outcome, child);
    if (isFailure(result) && this.#kind === "worker" && !child.problemLog.wasConsequenceLogged(child, result))
      this.#log(child, result, `failed${this.consequenceOf(child)}`);
    this.#running--;
    if (result === "completed" && child instanceof NamedTask) this.setCompleted(child.definition, true);
    if (isFailure(result)) this.#failures.push({ worker: child.name, error: result });
    if (this.#running === 0) this.#complete();
    this.#shutdown?.onExit(child);
    const stopsOthers = this.#kind === "worker" && result !== "completed" && result !== "stopped";
    if (stopsOthers && isFirst && this.#running > 0)
      this.abort(new DOMException(`${child.name} has exited, so ${this.title} stops`, "AbortError"));
  }

  /**
   * What the exit of a child means: a worker that returns without a request to stop has failed, and a job that was stopped has
   * not run.
   */
  #resultOf(outcome: Outcome, child: Task): Outcome {
    if (this.#kind === "job") return outcome === "stopped" ? toError(this.reason, child.name) : outcome;
    if (outcome !== "done" || this.aborted) return outcome;
    const error = new WorkerExitedPrematurelyError(child.name);
    // Counts the return as a failure, so that its health becomes firing.
    child.onRunCompleted(noRuns, error);
    return error;
  }

  override consequenceOf(child: Task): string {
    if (this.#kind === "job") return "";
    if (!this.aborted) return `; ${this.title} stops`;
    return child.reason === undefined ? " before its turn to stop" : " while it stopped";
  }

  #log(child: Task, outcome: Outcome, message: string): void {
    if (isFailure(outcome)) child.problemLog.failedFinally(child, outcome, message);
    else new WorkerLogger(this.logger, child.name).warn(message);
  }

  /** All children have exited, or were left behind. */
  #complete(): void {
    if (this.#hasExited || !this.#hasStarted) return;
    const timeout = this.#shutdown?.timeout();
    this.cancelSleep();
    if (timeout !== undefined && this.#failures.length === 0) {
      this.exit(timeout);
      return;
    }
    if (timeout !== undefined) this.#failures.push({ worker: timeout.workers.join(", "), error: timeout });
    if (this.#failures.length > 0) this.exit(new WorkersFailedError(this.#failures, this.#kind));
    else if (this.#kind === "job") this.exit("done");
    else this.exit(this.aborted ? "stopped" : "completed");
  }

  override exit(outcome: Outcome): void {
    this.#hasExited = true;
    if (this.#kind === "worker") {
      // Stops what children have left running under their signals.
      if (!this.aborted)
        for (const child of this.children) child.abort(new DOMException(`${this.title} has ended`, "AbortError"));
      this.parent.onRunCompleted({ ...this.#run, lastDuration: TimerQueue.current().now() - this.#run.lastStart }, outcome);
    }
    super.exit(outcome);
    for (const callback of this.#onExit) callback();
  }

  // Shutdown.

  protected override get ownScope(): CancellationScope {
    return (this.#scope ??= new CancellationScope());
  }

  protected override cancelWork(reason: unknown): void {
    if (this.#kind === "job" || this.#hasExited) {
      // Those that have exited too, to stop what they left running under their signals.
      for (const child of this.children) child.abort(reason);
      return;
    }
    if (channels.stop.isObserved) channels.stop.publish({ supervisor: this.name, reason });
    this.#shutdown = new ShutdownSequence({
      batches: this.#options.batches?.(this.children) ?? [[...this.children]],
      reason,
      timeToStop: (child) => this.timeToStop(child),
      onComplete: () => {
        // Children that have not been started yet will stop as they are.
        if (this.#running === 0 || this.#shutdown?.hasLeftBehind === true) this.#complete();
      },
      onHung: this.#options.onHung,
      onSlow: (names, duration) => {
        // The outermost supervisor that stops names the children of all.
        if (this.#isStoppedByAnother) return;
        const logger = new WorkerLogger(this.logger, this.name);
        logger.warn({ duration }, `still stopping after ${formatDuration(duration)}: ${listNames(names)}`);
      },
    });
    this.#shutdown.start();
  }

  get #isStoppedByAnother(): boolean {
    for (let outer = this.parent; outer !== outer.parent; outer = outer.parent)
      if (outer instanceof Supervisor && outer.#shutdown !== undefined) return true;
    return false;
  }

  /** How long a child may take to stop, in ms. */
  timeToStop({ definition }: Child): number {
    const { shutdownTimeout = Number.POSITIVE_INFINITY } = this.#options;
    // Without a deadline no child has one: what is restarted must never overlap with what has not stopped.
    return shutdownTimeout < Number.POSITIVE_INFINITY ? definition.timeToStop(shutdownTimeout) : shutdownTimeout;
  }

  /** When the last batch of children was asked to stop. */
  override get stopRequestedAt(): number | undefined {
    return this.#shutdown?.requestedAt;
  }

  /** Left behind by the supervisor around it: nothing waits for it any longer, and the promises of its commands settle. */
  override unref(): void {
    this.#shutdown?.cancel();
    // Those whose turn has not come would go on otherwise.
    for (const child of this.children) child.abort(this.reason);
    this.cancelSleep();
    for (const operation of this.#stopOperations.values()) operation.expire();
    for (const callback of this.#onLeftBehind.splice(0)) callback();
    for (const child of this.children) child.unref();
  }

  // Health and long runs.

  /** Like a continuous worker, it is healthy when it has stayed up for long enough. */
  override onWake(): void {
    const now = TimerQueue.current().now();
    const { resetAfter } = this.parent;
    const upFor = now - this.#run.lastStart;
    if (!this.#isHealthy && !this.aborted && upFor >= resetAfter) {
      this.#isHealthy = true;
      this.parent.onRecovered();
    }
    let nextCheck = now + longestTimeBetweenChecks;
    for (const child of this.children) nextCheck = Math.min(nextCheck, child.checkRun(now));
    // A supervisor that stops will not become healthy any more.
    const isDecided = this.#isHealthy || this.aborted;
    const untilCheck = Math.max(nextCheck - now, timeBetweenChecks);
    this.sleep(isDecided ? untilCheck : Math.min(resetAfter - upFor, untilCheck));
  }

  /** As the status of one worker: it is not healthy if one of its children is not. */
  override describe(status: WorkerStatus): void {
    addRuns(status, this.#run);
    for (const child of this.children) {
      const row = initialStatus(child.name);
      child.describe(row);
      if (row.lastError === null || (row.health !== "firing" && row.attempt === 0)) continue;
      const { lastError, lastErrorAt, lastErrorStack } = row;
      Object.assign(status, { health: "firing", lastError, lastErrorAt, lastErrorStack });
    }
  }

  // What tasks ask each other.

  override get logger(): Logger {
    return this.#options.logger ?? super.logger;
  }

  override get around(): readonly Around[] {
    const { around = [] } = this.#options;
    return around.length === 0 ? super.around : [...super.around, ...around];
  }

  get engine(): Engine | undefined {
    return this.#options.engine;
  }

  override get busy(): boolean {
    // It may go on without any child until one is added.
    return this.#running > 0 || this.sleeping;
  }

  override get isFailing(): boolean {
    return this.#failures.length > 0;
  }

  override listRunning(list: Task[]): void {
    for (const child of this.children) if (child.busy) child.listRunning(list);
  }

  /** The commands of the worker that this is a part of are not for its children. */
  override get commands(): WorkerCommands | undefined {
    return undefined;
  }

  /** Children never wait for another replica, each on its own. */
  override get leasedRun(): undefined {
    return undefined;
  }

  // The runs of the children are their own.
  override onRunCompleted(): void {}
  override onRunFailing(): void {}
  override onRecovered(): void {}
  override onRunsMissed(): void {}
  override reportHealth(): void {}
  override onCommandsChanged(): void {}
  /** A supervisor checks its children itself. */
  override checkRun(): number {
    return Number.POSITIVE_INFINITY;
  }
}

function continueFrom(next: Task, previous: Task | undefined): void {
  if (next instanceof MonitorTask && previous instanceof MonitorTask) next.continueFrom(previous);
}
