import type { Backoff } from "../backoff/backoff.js";
import { isGiveUp } from "../errors/give-up.js";
import { RestartLimitError } from "../errors/restart-limit-error.js";
import { channels } from "../events/channels.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { RunCause } from "../runtime/runs.js";
import type { SnapshotEntry } from "../runtime/snapshot.js";
import type { Definition, Task } from "../runtime/task.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { BackoffTask } from "./backoff-task.js";
import type { RetryReport } from "./next-attempt.js";
import type { Repetition } from "./repetition.js";
import { RestartCount } from "./restart-limit.js";
import { askRetryIf } from "./retry-if.js";
import { type RetryConditions, type RetryOptions, type RetryPolicy, retryPolicy } from "./retry-policy.js";
import { timetableOf } from "./timetable.js";
import type { Worker, WorkerFunc } from "./worker.js";
import { RefiningDefinition, type WorkerDefinition, workerDefinition } from "./worker-definition.js";

/**
 * Restarts a worker whenever it exits, with an error or without, until the context is aborted, the policy gives up, or the worker
 * has completed. Before a restart it waits for the backoff's `duration(attempt)`, and always for a turn of the event loop.
 *
 * `attempt` counts the failures in a row. It is 0 again after a normal return, after a successful run of a repeated job, and when
 * a continuous worker has stayed up for `resetAfter`. Failures are logged, repeated ones with level debug. A backoff that throws
 * or does not return a delay fails the worker with a {@link BackoffError}.
 * @throws InvalidArgumentError if the worker is not a worker, or the backoff or an option is malformed
 */
export function retry(worker: Worker | WorkerFunc, policy: Backoff | RetryOptions): Worker {
  return new RetryDefinition(workerDefinition(worker), retryPolicy(policy));
}

export class RetryDefinition extends RefiningDefinition {
  readonly backoff: Backoff;
  readonly conditions: RetryConditions;

  constructor(subject: WorkerDefinition, { backoff, conditions }: RetryPolicy) {
    super(subject);
    this.backoff = backoff;
    this.conditions = conditions;
  }

  override get hasRetry(): boolean {
    return true;
  }

  override createTask(parent: Task): Task {
    return new RetryTask(parent, this);
  }
}

interface RareState {
  /** Of the failures up to now, if there is a limit. */
  restarts: RestartCount | undefined;
  /** Whether the worker had failed already, and was to be restarted, when it was cancelled. */
  hadFailed: boolean;
  /** The members of a group that have completed. */
  readonly completed: Set<Definition>;
}

class RetryTask extends BackoffTask<RetryDefinition> {
  /** When the worker was started last, in whole ms; -1 until it has been. */
  #startedAt = -1;
  /** What few workers need: one field, as there may be a hundred thousand. */
  #rare: RareState | undefined = undefined;

  private get rare(): RareState {
    return (this.#rare ??= { restarts: undefined, hadFailed: false, completed: new Set() });
  }

  override get attempt(): number {
    return !this.sleeping && this.hasStayedUp() ? 0 : super.attempt;
  }

  override get resetAfter(): number {
    return this.definition.conditions.resetAfter;
  }

  override isCompleted(definition: Definition): boolean {
    return this.#rare?.completed.has(definition) === true || super.isCompleted(definition);
  }

  override setCompleted(definition: Definition, isCompleted: boolean): void {
    if (isCompleted) this.rare.completed.add(definition);
    else this.#rare?.completed.delete(definition);
    // A retry further up must not start it again either.
    super.setCompleted(definition, isCompleted);
  }

  override abort(reason: unknown): void {
    if (this.isFailing) this.rare.hadFailed = true;
    super.abort(reason);
  }

  override start(): void {
    super.start();
    this.#startedAt = Math.ceil(TimerQueue.current().now());
  }

  override get startCause(): RunCause {
    // In another replica, the attempts before this one are known by their failures alone.
    return this.#startedAt < 0 && this.failures === 0 ? super.startCause : "retry";
  }

  protected override get retryReport(): RetryReport {
    const { repetition } = this.definition;
    return { what: "worker", verb: "restarting", remark: (delay) => nextRunAfter(delay, repetition), channel: channels.restart };
  }

  protected override get kind(): string {
    return "retry";
  }

  protected override restore(entry: SnapshotEntry): void {
    super.restore(entry);
    const { limit } = this.definition.conditions;
    const { failedAt } = entry;
    if (limit === undefined || !Array.isArray(failedAt)) return;
    const offset = this.leasedRun?.offset ?? 0;
    this.rare.restarts = new RestartCount(
      limit,
      failedAt.filter((time) => typeof time === "number").map((time) => time - offset),
    );
  }

  protected override get entry(): SnapshotEntry {
    const offset = this.leasedRun?.offset ?? 0;
    const failedAt = this.#rare?.restarts?.recent.map((time) => time + offset);
    return failedAt === undefined ? super.entry : { ...super.entry, failedAt };
  }

  override onRecovered(): void {
    this.failures = 0;
    super.onRecovered();
  }

  protected override onChildExit(outcome: Outcome): void {
    if (this.aborted || !isToBeRetried(outcome)) {
      this.exit(this.#rare?.hadFailed === true ? "stopped" : outcome);
      return;
    }
    const failure = isFailure(outcome) ? outcome : undefined;
    if (failure === undefined || this.hasStayedUp()) this.failures = 0;
    if (failure !== undefined) this.failures++;
    const finalOutcome = failure === undefined ? undefined : this.outcomeIfGivingUp(failure);
    if (finalOutcome === undefined) this.tryAgain(failure);
    else this.exit(finalOutcome);
    this.onCommandsChanged();
  }

  /** During the backoff the worker is idle, and a requested run ends the backoff. */
  override onCommandsChanged(): void {
    if (!this.sleeping) {
      super.onCommandsChanged();
      return;
    }
    const { commands } = this;
    if (commands?.wantsRun === true) this.sleep(0);
    else commands?.onIdle();
  }

  /** How this exits if the policy gives up; undefined if the worker is to be restarted. */
  private outcomeIfGivingUp(failure: Error): Outcome | undefined {
    const { retryIf, limit } = this.definition.conditions;
    // A job that gives up ends its run only: the next run is another attempt.
    if (isGiveUp(failure) && this.definition.isContinuous) {
      this.problemLog.gaveUp(this, failure, `failed (attempt ${this.failures}), giving up`, { attempt: this.failures });
      return failure;
    }
    const refused = askRetryIf(retryIf, this, failure, this.failures);
    if (refused !== undefined || limit === undefined) return refused;
    this.rare.restarts ??= new RestartCount(limit);
    const exceeded = this.rare.restarts.countFailure(TimerQueue.current().now(), this.failures);
    if (exceeded === undefined) return undefined;
    const error = new RestartLimitError(this.name, exceeded, failure);
    this.problemLog.gaveUp(this, error, `gave up after ${exceeded}`);
    return error;
  }

  private hasStayedUp(): boolean {
    // A repeated job is healthy after a run that succeeds, and not because it waits for the next one.
    const { isContinuous, conditions } = this.definition;
    return isContinuous && TimerQueue.current().now() - this.#startedAt >= conditions.resetAfter;
  }
}

/** For the log: when a repeated job that is restarted after a delay runs next; "" if that is at once. */
function nextRunAfter(delay: number, repetition: Repetition | undefined): string {
  if (repetition === undefined || repetition.startImmediately) return "";
  try {
    // Its jitter will be drawn when it is restarted.
    const timetable = timetableOf({ ...repetition, jitter: 0 }, "");
    const now = TimerQueue.current().now();
    timetable.begin(now + delay);
    return `, next run in ${formatDuration(timetable.nextDue() - now)}`;
  } catch {
    // A schedule that fails is reported when the worker is restarted.
    return "";
  }
}

/** A child that has stopped without a request has stopped all workers. */
function isToBeRetried(outcome: Outcome): boolean {
  return outcome !== "completed" && outcome !== "stopped";
}
