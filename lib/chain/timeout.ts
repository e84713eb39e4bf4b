import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { TimeoutError } from "../errors/timeout-error.js";
import { channels } from "../events/channels.js";
import { Scope } from "../runtime/cancellation-scope.js";
import { type LeasedRun, leasedRunUntil } from "../runtime/leased-run.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import { numberIn, type Snapshot } from "../runtime/snapshot.js";
import type { Task } from "../runtime/task.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import { type Duration, parseDuration } from "../timers/duration.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { Job, JobFunc } from "./job.js";
import { JobDefinition, jobDefinition } from "./job-definition.js";

/**
 * Limits how long one run of a job may take. When the time is over, the run has failed with a {@link TimeoutError}: its health says so, and
 * the signal of this run, which is its own, aborts with that error as its reason.
 *
 * A run that ignores its signal cannot be ended. It is `overdue` in the status until it settles, which is logged after 5 s, and the next
 * run waits for it, so that runs never overlap. What it returns by then no longer counts, and an error that it throws is logged. A run
 * that has blocked the event loop past its limit has failed as well.
 *
 * The signal of a run aborts when the run is over, too, which stops what it has left running.
 * @param limit in ms or as a duration string, above 0
 * @throws InvalidArgumentError if the limit is not a duration above 0, or the job is not one
 */
export function timeout(job: Job | JobFunc, limit: Duration): Job {
  return new TimeoutDefinition(jobDefinition(job), parseLimit(limit));
}

/**
 * A limit in ms.
 * @throws InvalidArgumentError if it is not a duration above 0
 */
export function parseLimit(limit: unknown): number {
  const ms = parseDuration(limit);
  if (ms === 0) throw new InvalidArgumentError("A timeout of 0 leaves no time to run: give a duration above 0, or none");
  return ms;
}

class TimeoutDefinition extends JobDefinition {
  readonly job: JobDefinition;
  readonly limit: number;

  constructor(job: JobDefinition, limit: number) {
    super();
    this.job = job;
    this.limit = limit;
  }

  get label(): string {
    return this.job.label;
  }

  override createTask(parent: Task): Task {
    return new TimeoutTask(parent, this);
  }
}

/** How long a run may take to obey its signal before it is mentioned that it does not, in ms. */
const timeToObey = 5_000;

/** One run against the clock. A scope, as its signal aborts without the worker's. */
class TimeoutTask extends Scope {
  readonly #link: TimeoutDefinition;
  #timeout: TimeoutError | undefined = undefined;
  #isStopped = false;

  constructor(parent: Task, link: TimeoutDefinition) {
    super(parent);
    this.#link = link;
  }

  override start(): void {
    const { leasedRun } = this.parent;
    const until = numberIn(leasedRun?.restore("timeout"), "until");
    const left =
      until === undefined || leasedRun === undefined ? this.#link.limit : until - leasedRun.offset - TimerQueue.current().now();
    if (left <= 0) {
      this.exit(this.timedOut());
      return;
    }
    this.sleep(left);
    this.startChild(this.#link.job);
  }

  /** In which the run is not to be tried again when its time is over. */
  override get leasedRun(): LeasedRun | undefined {
    const { leasedRun } = this.parent;
    const { due } = this;
    return leasedRun === undefined || due === undefined ? leasedRun : leasedRunUntil(leasedRun, due);
  }

  /** When its time is over; undefined once it is. */
  private get due(): number | undefined {
    return this.#timeout === undefined ? this.bucket?.keeper.dueOf(this) : undefined;
  }

  override suspend(snapshot: Snapshot): void {
    const { due } = this;
    if (due !== undefined) snapshot.write("timeout", { until: due + (this.parent.leasedRun?.offset ?? 0) });
    super.suspend(snapshot);
  }

  /** The time is over; or the run has been overdue for long enough to be mentioned. */
  override wake(): void {
    if (this.#timeout !== undefined) {
      this.problemLog.overdue(this, this.#link.limit);
      return;
    }
    super.abort(this.timedOut());
    if (this.child !== undefined && !this.#isStopped) this.sleep(timeToObey);
  }

  /** The failure itself is logged when the run has ended, with what comes next. */
  private timedOut(): TimeoutError {
    const timeout = new TimeoutError(this.name, formatDuration(this.#link.limit));
    this.#timeout = timeout;
    if (channels.timeout.isObserved) channels.timeout.publish({ worker: this.name, error: timeout });
    this.onRunFailing(timeout);
    return timeout;
  }

  override abort(reason: unknown): void {
    this.#isStopped = true;
    super.abort(reason);
  }

  protected override cancelWork(reason: unknown): void {
    this.cancelSleep();
    this.child?.abort(reason);
  }

  protected override onChildExit(outcome: Outcome): void {
    // A run that has blocked the event loop is told of its time only now.
    if (this.isOver && outcome === "done") this.timedOut();
    this.cancelSleep();
    const verdict = this.verdictOn(outcome);
    // What the run has left running under its signal is no longer anybody's.
    super.abort(new DOMException(`The run of ${this.name} is over`, "AbortError"));
    this.exit(verdict);
  }

  private get isOver(): boolean {
    const { due } = this;
    return this.bucket !== undefined && due !== undefined && due < this.bucket.keeper.now();
  }

  private verdictOn(outcome: Outcome): Outcome {
    if (this.#timeout === undefined || outcome === "completed") return outcome;
    if (isFailure(outcome)) this.problemLog.failedFinally(this, outcome, "failed after it had timed out");
    if (!this.#isStopped) return this.#timeout;
    // A run that was overdue when all was told to stop has been reported, and stops now as it was told to.
    return isFailure(outcome) ? outcome : "stopped";
  }

  override describe(status: WorkerStatus): void {
    if (this.#timeout !== undefined) status.phase = "overdue";
    super.describe(status);
  }
}
