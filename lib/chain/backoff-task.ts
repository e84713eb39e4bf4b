import type { Backoff } from "../backoff/backoff.js";
import { describeSleep } from "../runtime/describe-sleep.js";
import { numberIn, type Snapshot, type SnapshotEntry } from "../runtime/snapshot.js";
import { type Startable, Task } from "../runtime/task.js";
import type { Phase, WorkerStatus } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { nextAttempt, type Retried } from "./next-attempt.js";

/** What is started again and again, and how, as it is declared. */
export interface Retriable {
  readonly subject: Startable;
  readonly backoff: Backoff;
}

/** Something that is started again and again: counts its failures in a row, and waits for a backoff between two attempts. */
export abstract class BackoffTask<Declared extends Retriable> extends Task {
  protected readonly link: Declared;
  /** In a row, up to now. */
  protected failures = 0;
  protected abstract get retried(): Retried;
  /** Under which it writes down what its next turn has to know. */
  protected abstract get kind(): string;

  constructor(parent: Task, link: Declared) {
    super(parent);
    this.link = link;
  }

  override get attempt(): number {
    return this.failures;
  }

  override start(): void {
    const { leasedRun } = this;
    const note = leasedRun?.restore(this.kind);
    if (note !== undefined) this.recall(note);
    // A turn may come early, and a backoff is not cut short by that.
    const isEarly = leasedRun !== undefined && note?.isWaiting === true && leasedRun.due > TimerQueue.current().now();
    if (isEarly && this.commands?.wantsRun !== true) this.waitUntil(leasedRun.due);
    else this.startChild(this.link.subject);
  }

  protected recall(note: SnapshotEntry): void {
    this.failures = failuresIn(note);
    if (typeof note.lastFailure === "string") this.problemLog.lastError = note.lastFailure;
  }

  protected get note(): SnapshotEntry {
    const lastFailure = this.failures > 0 ? this.problemLog.lastError : null;
    return { failures: this.failures, lastFailure, isWaiting: this.child === undefined };
  }

  /** The next attempt has an entry of its own, and so has the end of all attempts. */
  override consequenceOf(): string {
    return "";
  }

  override suspend(snapshot: Snapshot): void {
    snapshot.write(this.kind, this.note);
    super.suspend(snapshot);
  }

  override wake(): void {
    this.start();
  }

  /** What a worker is doing that waits here. */
  protected get phase(): Phase {
    return this.commands?.isPaused === true ? "paused" : "backoff";
  }

  /** Begins the next attempt once its delay is over. Gives up if the backoff has no delay to give. */
  protected tryAgain(failure: Error | undefined): void {
    const delay = nextAttempt(this, this.link.backoff, this.failures, failure, this.retried);
    // The backoff is the user's, and may have had all stopped.
    if (this.aborted) this.exit("stopped");
    else if (typeof delay !== "number") this.exit(delay);
    else this.waitUntil(TimerQueue.current().now() + delay);
  }

  private waitUntil(due: number): void {
    if (this.leasedRun?.suspendUntil(due, "backoff") !== true) this.sleepUntil(due);
  }

  override describe(status: WorkerStatus): void {
    status.attempt = this.attempt;
    if (this.failures > 0) status.lastError = this.problemLog.lastError;
    describeSleep(status, this, this.phase);
    super.describe(status);
  }
}

function failuresIn(note: SnapshotEntry | undefined): number {
  const failures = numberIn(note, "failures") ?? 0;
  return Number.isSafeInteger(failures) && failures > 0 ? failures : 0;
}

/** As {@link BackoffTask.describe} does, from what was written down of it. */
export function describeAttempts(status: WorkerStatus, note: SnapshotEntry | undefined): void {
  status.attempt = failuresIn(note);
  if (status.attempt > 0 && typeof note?.lastFailure === "string") status.lastError = note.lastFailure;
}
