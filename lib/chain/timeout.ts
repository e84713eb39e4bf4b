import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { TimeoutError } from "../errors/timeout-error.js";
import { channels } from "../events/channels.js";
import { CancellationScope } from "../runtime/cancellation-scope.js";
import { type LeasedRun, leasedRunUntil } from "../runtime/leased-run.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import { numberIn, type Snapshot } from "../runtime/snapshot.js";
import { Task } from "../runtime/task.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import { type Duration, parseDuration } from "../timers/duration.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { Job, JobFunc } from "./job.js";
import { JobDefinition, jobDefinition } from "./job-definition.js";

/**
 * Limits how long one run of a job may take. When the time is over, the run has failed with a {@link TimeoutError}: the worker's
 * health is `firing`, and the signal of this run, which is its own, aborts with that error as its reason.
 *
 * A run that ignores its signal is `overdue` until it settles; the next run waits for it, so that runs never overlap. After 5 s
 * that is logged. The result of an overdue run is ignored, and an error that it throws is logged. A run that has blocked the
 * event loop past its limit has failed as well.
 *
 * The signal of a run also aborts when the run has ended, which stops what it has left running.
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
  if (ms === 0) throw new InvalidArgumentError("A timeout of 0 leaves no time to run: pass a duration above 0, or leave it out");
  return ms;
}

export class TimeoutDefinition extends JobDefinition {
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

/** How long after its timeout a run that goes on is logged, in ms. */
const timeToReport = 5_000;

/** One run with a timeout. It has its own signal, which aborts without that of the worker. */
class TimeoutTask extends Task {
  readonly #definition: TimeoutDefinition;
  #timeout: TimeoutError | undefined = undefined;
  #isStopped = false;
  #scope: CancellationScope | undefined = undefined;

  constructor(parent: Task, definition: TimeoutDefinition) {
    super(parent);
    this.#definition = definition;
  }

  protected override get ownScope(): CancellationScope {
    return (this.#scope ??= new CancellationScope());
  }

  override start(): void {
    const { leasedRun } = this.parent;
    const until = numberIn(leasedRun?.takeEntry("timeout"), "until");
    const left =
      until === undefined || leasedRun === undefined
        ? this.#definition.limit
        : until - leasedRun.offset - TimerQueue.current().now();
    if (left <= 0) {
      this.exit(this.timedOut());
      return;
    }
    this.sleep(left);
    this.startChild(this.#definition.job);
  }

  /** Limited to the time that is left, so that no attempt is made in another replica after it. */
  override get leasedRun(): LeasedRun | undefined {
    const { leasedRun } = this.parent;
    const { due } = this;
    return leasedRun === undefined || due === undefined ? leasedRun : leasedRunUntil(leasedRun, due);
  }

  /** When the time is over; undefined after that. */
  private get due(): number | undefined {
    return this.#timeout === undefined ? this.bucket?.queue.dueOf(this) : undefined;
  }

  override suspend(snapshot: Snapshot): void {
    const { due } = this;
    if (due !== undefined) snapshot.write("timeout", { until: due + (this.parent.leasedRun?.offset ?? 0) });
    super.suspend(snapshot);
  }

  /** Fails the run when the time is over; later, logs a run that goes on. */
  override onWake(): void {
    if (this.#timeout !== undefined) {
      this.problemLog.overdue(this, this.#definition.limit);
      return;
    }
    super.abort(this.timedOut());
    if (this.child !== undefined && !this.#isStopped) this.sleep(timeToReport);
  }

  /** The failure is logged when the run has ended, together with what comes next. */
  private timedOut(): TimeoutError {
    const timeout = new TimeoutError(this.name, formatDuration(this.#definition.limit));
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
    // The timer of a run that has blocked the event loop has not fired yet.
    if (this.isOver && outcome === "done") this.timedOut();
    this.cancelSleep();
    const result = this.resultOf(outcome);
    // Stops what the run has left running under its signal.
    super.abort(new DOMException(`The run of ${this.name} is over`, "AbortError"));
    this.exit(result);
  }

  private get isOver(): boolean {
    const { due } = this;
    return this.bucket !== undefined && due !== undefined && due < this.bucket.queue.now();
  }

  private resultOf(outcome: Outcome): Outcome {
    if (this.#timeout === undefined || outcome === "completed") return outcome;
    if (isFailure(outcome)) this.problemLog.failedFinally(this, outcome, "failed after it had timed out");
    if (!this.#isStopped) return this.#timeout;
    // A run that was overdue when it was stopped has been reported already.
    return isFailure(outcome) ? outcome : "stopped";
  }

  override describe(status: WorkerStatus): void {
    if (this.#timeout !== undefined) status.phase = "overdue";
    super.describe(status);
  }
}
