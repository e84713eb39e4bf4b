import type { Outcome } from "./outcome.js";
import type { Runs } from "./runs.js";
import type { Snapshot } from "./snapshot.js";
import { Surroundings } from "./surroundings.js";
import type { WorkerStatus } from "./worker-status.js";

/** What can be started under an task: a link of a chain, as it is declared. */
export interface Startable {
  /** Makes what runs under `parent`. Starts nothing. */
  createTask(parent: Task): Task;
}

/**
 * One link of a chain at work. Together the tasks are the tree of all that runs: aborting goes down it, from parent to
 * child; outcomes and reports come up. Each kind overrides only what it changes, the rest is its parent's. Parent and child talk
 * by plain method calls, and promises are kept for the code of users: with one between each two links, a hundred thousand chains
 * would cost four times the memory. Below stands what goes down, and what comes up.
 *
 * An task settles exactly once, and only when nothing under it runs any more. The one exception is a roster whose shutdown
 * timeout is over: it settles, and leaves those behind that hang.
 *
 * There are several of these for every worker, so their size counts: private methods are left to TypeScript here, as a `#method`
 * costs a word in each object.
 */
export abstract class Task extends Surroundings {
  readonly parent: Task;
  /** Whether the word to stop has come. */
  protected aborted = false;
  protected child: Task | undefined = undefined;

  /** @param parent whom this is started under. The root has none: it is its own, and overrides whatever looks upwards. */
  constructor(parent?: Task) {
    super();
    this.parent = parent ?? this;
  }

  /** Starts the work. Called once, when the parent has this as its child. */
  abstract start(): void;

  /** The child that was started has ended; it is no longer there. */
  protected abstract onChildExit(outcome: Outcome, child?: Task): void;

  /** Whether what was started of that link is done for good: not to be started again, when the whole is. */
  isDone(link: Startable): boolean {
    return this.parent.isDone(link);
  }

  setDone(link: Startable, isDone: boolean): void {
    this.parent.setDone(link, isDone);
  }

  protected startChild(link: Startable): void {
    if (this.aborted) {
      this.onChildExit("stopped");
    } else {
      this.child = link.createTask(this);
      this.child.start();
    }
  }

  /** Passes the word down. Whoever sleeps settles at once; whoever works settles in its own time. */
  abort(reason: unknown): void {
    this.aborted = true;
    this.cancelWork(reason);
  }

  protected cancelWork(reason: unknown): void {
    if (this.sleeping) {
      this.cancelSleep();
      this.exit("stopped");
    } else {
      this.child?.abort(reason);
    }
  }

  /**
   * The turn of the worker ends here: writes down what the next one has to know, the outermost link first, and is gone without an
   * outcome. Nothing of the user's code runs.
   */
  suspend(snapshot: Snapshot): void {
    this.cancelSleep();
    this.child?.suspend(snapshot);
  }

  /** Whether it has failed already, and only waits for the rest of it to stop. */
  get isFailing(): boolean {
    return this.child?.isFailing === true;
  }

  /** Fills in what this task and those below it know of the worker's status. */
  describe(status: WorkerStatus): void {
    this.child?.describe(status);
  }

  /** Nobody waits for it any longer: it is not to keep the process alive. */
  unref(): void {
    this.child?.unref();
  }

  /** Whether anything below has not settled. */
  get busy(): boolean {
    return this.child !== undefined || this.sleeping;
  }

  /** Adds the workers below that have not settled: of those that contain each other, the innermost. */
  listRunning(list: Task[]): void {
    this.child?.listRunning(list);
  }

  /**
   * What follows for others if this fails now, such as `"; the runner stops"`, to be added to the log entry of that failure; `""` if nothing
   * does, or if that has an entry of its own.
   */
  get consequence(): string {
    return this.parent.consequenceOf(this);
  }

  /** The {@link consequence} of the failure of what was started by this. */
  consequenceOf(_child: Task): string {
    return this.consequence;
  }

  /** Looks for runs that hold up those that are due, and has them logged. Called from time to time. */
  checkRun(now: number): void {
    this.child?.checkRun(now);
  }

  /** The commands have changed: whoever sleeps looks at them again. */
  onCommandsChanged(): void {
    this.child?.onCommandsChanged();
  }

  protected exit(outcome: Outcome): void {
    const { parent } = this;
    if (parent.child === this) parent.child = undefined;
    parent.onChildExit(outcome, this);
  }

  /** A run has succeeded, after none had or after it was reported that not all is well. */
  onRecovered(): void {
    this.parent.onRecovered();
  }

  /** The run that is under way has failed, though it has not ended yet. */
  onRunFailing(error: Error): void {
    this.parent.onRunFailing(error);
  }

  /** So many runs were due and will not be run. */
  onRunsMissed(count: number): void {
    this.parent.onRunsMissed(count);
  }

  /** Whoever calls the user's code is done with it: what it has run, and how that ended. */
  onRunCompleted(runs: Runs, outcome: Outcome): void {
    this.parent.onRunCompleted(runs, outcome);
  }

  /** All workers are to stop. */
  stopAll(request: Error): void {
    this.parent.stopAll(request);
  }

  /** A worker that runs on reports how it is. */
  reportHealth(state: "done" | Error): void {
    this.parent.reportHealth(state);
  }
}
