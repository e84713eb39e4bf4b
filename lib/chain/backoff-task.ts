import type { Backoff } from "../backoff/backoff.js";
import { numberIn, type Snapshot, type SnapshotEntry } from "../runtime/snapshot.js";
import { type Definition, Task } from "../runtime/task.js";
import type { Phase, WorkerStatus } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { nextAttempt, type RetryReport } from "./next-attempt.js";

/** A definition that is attempted again after a backoff. */
export interface Retriable {
  readonly subject: Definition;
  readonly backoff: Backoff;
}

/** Attempts something again and again: counts the failures in a row, and waits for a backoff between two attempts. */
export abstract class BackoffTask<Declared extends Retriable> extends Task {
  protected readonly definition: Declared;
  /** The number of failures in a row up to now. */
  protected failures = 0;
  protected abstract get retryReport(): RetryReport;
  /** The kind of its entry in a snapshot. */
  protected abstract get kind(): string;

  constructor(parent: Task, definition: Declared) {
    super(parent);
    this.definition = definition;
  }

  override get attempt(): number {
    return this.failures;
  }

  override start(): void {
    const { leasedRun } = this;
    const entry = leasedRun?.takeEntry(this.kind);
    if (entry !== undefined) this.restore(entry);
    // A leased run may come early, which does not cut the backoff short.
    const isEarly = leasedRun !== undefined && entry?.isWaiting === true && leasedRun.due > TimerQueue.current().now();
    if (isEarly && this.commands?.wantsRun !== true) this.waitUntil(leasedRun.due);
    else this.startChild(this.definition.subject);
  }

  /** Continues the attempts that were made in another replica. */
  protected restore(entry: SnapshotEntry): void {
    this.failures = failuresIn(entry);
    const { lastFailure } = entry;
    const { problemLog } = this;
    if (typeof lastFailure !== "string" || problemLog.lastError?.text === lastFailure) return;
    problemLog.lastError = { text: lastFailure, at: Math.round(TimerQueue.current().now()), stack: null };
  }

  /** Its entry in a snapshot. */
  protected get entry(): SnapshotEntry {
    const lastFailure = this.failures > 0 ? (this.problemLog.lastError?.text ?? null) : null;
    return { failures: this.failures, lastFailure, isWaiting: this.child === undefined };
  }

  /** Nothing: the log has a line of its own for the next attempt, and for the end of all attempts. */
  override consequenceOf(): string {
    return "";
  }

  override suspend(snapshot: Snapshot): void {
    snapshot.write(this.kind, this.entry);
    super.suspend(snapshot);
  }

  override onWake(): void {
    this.start();
  }

  /** The phase of the worker while this waits. */
  protected get phase(): Phase {
    return this.commands?.isPaused === true ? "paused" : "backoff";
  }

  /** Starts the next attempt after the delay. Exits if the backoff fails. */
  protected tryAgain(failure: Error | undefined): void {
    const delay = nextAttempt(this, this.definition.backoff, this.failures, failure, this.retryReport);
    if (typeof delay !== "number") this.exit(delay);
    // Without a delay, until the next turn of the event loop, which comes before the next whole ms.
    else if (delay === 0 && this.leasedRun === undefined) this.sleep(0);
    else this.waitUntil(TimerQueue.current().now() + delay);
  }

  private waitUntil(due: number): void {
    if (this.leasedRun?.suspendUntil(due, "backoff") !== true) this.sleepUntil(due);
  }

  override describe(status: WorkerStatus): void {
    status.attempt = this.attempt;
    if (this.failures > 0) this.problemLog.describeLastError(status);
    this.describeSleep(status, this.phase);
    super.describe(status);
  }
}

function failuresIn(entry: SnapshotEntry | undefined): number {
  const failures = numberIn(entry, "failures") ?? 0;
  return Number.isSafeInteger(failures) && failures > 0 ? failures : 0;
}

/** Adds to a status what {@link BackoffTask.describe} would, from its entry in a snapshot. */
export function describeAttempts(status: WorkerStatus, entry: SnapshotEntry | undefined): void {
  status.attempt = failuresIn(entry);
  if (status.attempt > 0 && typeof entry?.lastFailure === "string") status.lastError = entry.lastFailure;
}
