import type { Bucket, Timer } from "../timers/bucket.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { Around } from "./around.js";
import type { AsyncScope } from "./async-scope.js";
import type { CancellationScope } from "./cancellation-scope.js";
import { epochOffset } from "./epoch.js";
import type { LeasedRun } from "./leased-run.js";
import type { Logger } from "./logger.js";
import type { Abortable } from "./on-abort.js";
import type { Outcome } from "./outcome.js";
import type { ProblemLog } from "./problem-log.js";
import type { RunCause, RunStart, Runs } from "./runs.js";
import type { Snapshot } from "./snapshot.js";
import { countCallsAnew, inTransition } from "./transition.js";
import type { WorkerCommands } from "./worker-commands.js";
import type { Phase, WorkerStatus } from "./worker-status.js";

/** Something that is declared, and never changes. It can be started any number of times; what runs then is a {@link Task}. */
export interface Definition {
  /** Creates the task that runs this under `parent`. Starts nothing. */
  createTask(parent: Task): Task;
}

/**
 * A definition at work: one element of a worker's chain, such as its repetition or its retry. The tasks form a tree. Cancellation
 * goes down, from parent to child; the exit of a child, and what it reports of its runs, go up. Each kind of task overrides only
 * what it changes, and its parent answers the rest.
 *
 * Parent and child call each other's methods. Promises are kept for the code of users: with one between each parent and child, a
 * hundred thousand workers would take four times the memory.
 *
 * A task exits at most once, and only when none of the tasks under it runs any more. There are two exceptions: a supervisor whose
 * shutdown timeout is over exits and leaves the tasks that hang behind; and the chain of a leased run that is suspended does not
 * exit at all.
 *
 * There are several tasks for each worker, so their size counts. Private members are left to TypeScript here, as a `#method`
 * costs a word in each object.
 */
export abstract class Task implements Timer {
  readonly parent: Task;
  aborted = false;
  protected child: Task | undefined = undefined;
  /** Written by the timer queue alone, like {@link slot}. */
  bucket: Bucket | undefined = undefined;
  slot = -1;

  /** @param parent the task that starts this one. The root is its own parent, and overrides every method that asks the parent. */
  constructor(parent?: Task) {
    this.parent = parent ?? this;
  }

  // Start and exit.

  /** Starts the work. Called once, when the parent already has this as its child. */
  abstract start(): void;

  protected startChild(definition: Definition): void {
    if (this.aborted) {
      this.onChildExit("stopped");
    } else {
      this.child = definition.createTask(this);
      this.child.start();
    }
  }

  /** Called when the child has exited; or, without a child, when it was not started because this task is cancelled already. */
  protected abstract onChildExit(outcome: Outcome, child?: Task): void;

  /**
   * Ends this task, and reports to the parent how. An error goes up from the `CallTask` whose code has thrown it; a task on
   * its way that tries again, such as a retry, does not exit with it; the supervisor collects what reaches it, for
   * `WorkersFailedError`.
   */
  exit(outcome: Outcome): void {
    const { parent } = this;
    if (parent.child === this) parent.child = undefined;
    parent.onChildExit(outcome, this);
  }

  /** Whether a definition has completed, so that it is not started again with the rest of its group. */
  isCompleted(definition: Definition): boolean {
    return this.parent.isCompleted(definition);
  }

  setCompleted(definition: Definition, isCompleted: boolean): void {
    this.parent.setCompleted(definition, isCompleted);
  }

  // Cancellation.

  /** The scope of a task that has a signal of its own and can be cancelled alone. The other tasks have no field for it. */
  protected get ownScope(): CancellationScope | undefined {
    return undefined;
  }

  /** The signal that the code of the user sees. */
  get signal(): AbortSignal {
    const { ownScope } = this;
    if (ownScope === undefined) return this.parent.signal;
    const isNew = !ownScope.hasSignal;
    const { signal } = ownScope;
    if (isNew) this.guard(signal);
    return signal;
  }

  /** Why this was cancelled; undefined until then. */
  get reason(): unknown {
    const { ownScope } = this;
    return ownScope === undefined ? this.parent.reason : ownScope.reason;
  }

  /** Cancels this task and everything under it. A task that sleeps exits at once; one whose code runs, when that settles. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.abortSignal(reason);
    this.ownScope?.abortAttached();
    this.cancelWork(reason);
  }

  /** Aborts its own signal alone, if it has one, and so calls the listeners of the user. */
  protected abortSignal(reason: unknown): void {
    const { ownScope } = this;
    ownScope?.cancel(reason);
    if (ownScope?.hasSignal === true) this.asyncScope.run(abortSignal, ownScope);
  }

  protected cancelWork(reason: unknown): void {
    if (this.sleeping) {
      this.cancelSleep();
      this.exit("stopped");
    } else {
      this.child?.abort(reason);
    }
  }

  /** Cancels `tree`, the root of another tree of tasks, together with this task. Returns a function that detaches it. */
  attach(tree: Abortable): () => void {
    return this.ownScope?.attach(tree) ?? this.parent.attach(tree);
  }

  /** Lets the signal of a leased run check its lease whenever it is read: it aborts at once if that is lost. */
  guard(signal: AbortSignal): void {
    this.parent.guard(signal);
  }

  // Timers.

  get sleeping(): boolean {
    return this.bucket !== undefined;
  }

  protected sleep(ms: number): void {
    TimerQueue.current().sleep(this, ms);
  }

  /** Sleeps until a point in time on the clock of the timer queue. */
  protected sleepUntil(due: number): void {
    TimerQueue.current().schedule(this, due);
  }

  /** Sleeps until it is cancelled, or woken by a change of its commands. Keeps the process alive, like any other sleep. */
  protected sleepForever(): void {
    this.sleepUntil(Number.POSITIVE_INFINITY);
  }

  protected cancelSleep(): void {
    this.bucket?.queue.cancel(this);
  }

  /** Ends a sleep before its time. */
  wakeEarly(): void {
    if (!this.sleeping) return;
    this.cancelSleep();
    this.onWake();
  }

  /** Called by the timer queue. */
  wake(): void {
    countCallsAnew();
    inTransition(wakeTask, this);
  }

  /** Called when the sleep is over. */
  onWake(): void {}

  // What a task asks its parent.

  get name(): string {
    return this.parent.name;
  }

  get attempt(): number {
    return this.parent.attempt;
  }

  /** The logger as the user passed it: it may throw, and does not add the worker's name. */
  get logger(): Logger {
    return this.parent.logger;
  }

  /** The async context in which the code of the user is called. */
  get asyncScope(): AsyncScope {
    return this.parent.asyncScope;
  }

  /** Logs and counts the worker's problems. */
  get problemLog(): ProblemLog {
    return this.parent.problemLog;
  }

  /** How long a continuous worker has to stay up until its health is `ok` again, in ms. */
  get resetAfter(): number {
    return this.parent.resetAfter;
  }

  /** The start time of what starts now, on the clock of the timer queue: the same for workers that are started together. */
  get startTime(): number {
    return this.parent.startTime;
  }

  /** Why what starts now is started. Valid only while it starts, like {@link startTime}. */
  get startCause(): RunCause {
    return this.parent.startCause;
  }

  /** Why the run that is under way was started, and when it was due. */
  get runStart(): RunStart {
    return this.parent.runStart;
  }

  /** When the run that is under way was due, all its attempts included, in ms since the epoch. */
  get scheduledAt(): number {
    return this.parent.scheduledAt;
  }

  /** A number that grows with each leased run of a distributed worker; undefined for other workers. */
  get fence(): number | undefined {
    return this.parent.fence;
  }

  /** What wraps every call of the code of a worker, the outermost first. */
  get around(): readonly Around[] {
    return this.parent.around;
  }

  /** The commands that were given to the worker that this is a part of, if there were any. */
  get commands(): WorkerCommands | undefined {
    return this.parent.commands;
  }

  /** The leased run of a distributed worker that ends when this sleeps; undefined if this sleeps in this process. */
  get leasedRun(): LeasedRun | undefined {
    return this.parent.leasedRun;
  }

  // What a task asks or tells its child.

  /** Whether anything below runs or sleeps. */
  get busy(): boolean {
    return this.child !== undefined || this.sleeping;
  }

  /** Whether it has failed already, and waits only for the rest of it to stop. */
  get isFailing(): boolean {
    return this.child?.isFailing === true;
  }

  /** When this asked its children to stop, on the clock of the timer queue; undefined if it did not, or is not a supervisor. */
  get stopRequestedAt(): number | undefined {
    return undefined;
  }

  /** Adds to a worker's status what this task and those below it know. */
  describe(status: WorkerStatus): void {
    this.child?.describe(status);
  }

  /** Adds what this task sleeps for, and until when. */
  protected describeSleep(status: WorkerStatus, phase: Phase): void {
    const queue = this.bucket?.queue;
    const due = queue?.dueOf(this);
    if (queue === undefined || due === undefined) return;
    status.phase = phase;
    if (phase !== "paused" && due < Number.POSITIVE_INFINITY) status.nextDue = Math.round(due) + epochOffset(queue);
  }

  /** Adds the workers below that have not exited: of nested ones, the innermost. */
  listRunning(list: Task[]): void {
    this.child?.listRunning(list);
  }

  /**
   * What follows for other workers if this fails now, such as `"; the runner stops"`, to be added to the log entry of the
   * failure; `""` if nothing does, or if that has an entry of its own.
   */
  get consequence(): string {
    return this.parent.consequenceOf(this);
  }

  /** The {@link consequence} of the failure of a child. */
  consequenceOf(_child: Task): string {
    return this.consequence;
  }

  /**
   * Logs a run that holds up the runs that are due. Called from time to time.
   * @returns when there may be such a run, on the clock of the timer queue: there is none to be found before
   */
  checkRun(now: number): number {
    return this.child === undefined ? now : this.child.checkRun(now);
  }

  /** Called when the commands of the worker have changed: a task that sleeps acts on them. */
  onCommandsChanged(): void {
    this.child?.onCommandsChanged();
  }

  /**
   * Ends a leased run: saves what the next one has to know, outermost task first. There is no exit, and no code of the user runs.
   */
  suspend(snapshot: Snapshot): void {
    this.cancelSleep();
    this.child?.suspend(snapshot);
  }

  /** Lets the process end although this has not exited. */
  unref(): void {
    this.child?.unref();
  }

  // What a task reports to its parent.

  /**
   * A run has completed or failed. Reported when the task that counts the runs exits, as a report of each run would cost more
   * than the run.
   */
  onRunCompleted(runs: Runs, outcome: Outcome): void {
    this.parent.onRunCompleted(runs, outcome);
  }

  /** The run that is under way has failed, though it has not ended yet. */
  onRunFailing(error: Error): void {
    this.parent.onRunFailing(error);
  }

  /** A run has succeeded, after none had or after a reported problem. */
  onRecovered(): void {
    this.parent.onRecovered();
  }

  onRunsMissed(count: number): void {
    this.parent.onRunsMissed(count);
  }

  /** The code of the user has reported its health. */
  reportHealth(state: "done" | Error): void {
    this.parent.reportHealth(state);
  }

  /** The code of the user has asked to stop all workers. */
  stopAll(request: Error): void {
    this.parent.stopAll(request);
  }
}

function wakeTask(task: Task): void {
  task.onWake();
}

function abortSignal(scope: CancellationScope): void {
  scope.abortSignal();
}
