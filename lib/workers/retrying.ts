import type { Backoff } from "../backoff/backoff.js";
import { Activity, type Startable } from "../context/activity.js";
import { describeSleep } from "../context/describe-sleep.js";
import { type Memory, type Note, numberIn } from "../context/memory.js";
import type { Phase, WorkerStatus } from "../context/worker-status.js";
import { TimerQueue } from "../time/timer-queue.js";
import { nextAttempt, type Retried } from "./next-attempt.js";

/** What is started again and again, and how, as it is declared. */
export interface Retriable {
  readonly subject: Startable;
  readonly backoff: Backoff;
}

/** Something that is started again and again: counts its failures in a row, and waits for a backoff between two attempts. */
export abstract class Retrying<Declared extends Retriable> extends Activity {
  protected readonly link: Declared;
  /** In a row, up to now. */
  protected failures = 0;
  protected abstract get retried(): Retried;
  /** Under which it writes down what its next turn has to know. */
  protected abstract get kind(): string;

  constructor(parent: Activity, link: Declared) {
    super(parent);
    this.link = link;
  }

  override get attempt(): number {
    return this.failures;
  }

  override begin(): void {
    const { turn } = this;
    const note = turn?.recall(this.kind);
    if (note !== undefined) this.recall(note);
    // A turn may come early, and a backoff is not cut short by that.
    const isEarly = turn !== undefined && note?.isWaiting === true && turn.due > TimerQueue.current().now();
    if (isEarly && this.orders?.wantsRun !== true) this.waitUntil(turn.due);
    else this.start(this.link.subject);
  }

  protected recall(note: Note): void {
    this.failures = failuresIn(note);
    if (typeof note.lastFailure === "string") this.problemLog.lastError = note.lastFailure;
  }

  protected get note(): Note {
    const lastFailure = this.failures > 0 ? this.problemLog.lastError : null;
    return { failures: this.failures, lastFailure, isWaiting: this.child === undefined };
  }

  /** The next attempt has an entry of its own, and so has the end of all attempts. */
  override consequenceOf(): string {
    return "";
  }

  override leave(memory: Memory): void {
    memory.write(this.kind, this.note);
    super.leave(memory);
  }

  override wake(): void {
    this.begin();
  }

  /** What a worker is doing that waits here. */
  protected get phase(): Phase {
    return this.orders?.isPaused === true ? "paused" : "backing off";
  }

  /** Begins the next attempt once its delay is over. Gives up if the backoff has no delay to give. */
  protected tryAgain(failure: Error | undefined): void {
    const delay = nextAttempt(this, this.link.backoff, this.failures, failure, this.retried);
    // The backoff is the user's, and may have had all stopped.
    if (this.aborted) this.settle("stopped");
    else if (typeof delay !== "number") this.settle(delay);
    else this.waitUntil(TimerQueue.current().now() + delay);
  }

  private waitUntil(due: number): void {
    if (this.turn?.rest(due, "backing off") !== true) this.sleepUntil(due);
  }

  override describe(status: WorkerStatus): void {
    status.attempt = this.attempt;
    if (this.failures > 0) status.lastError = this.problemLog.lastError;
    describeSleep(status, this, this.phase);
    super.describe(status);
  }
}

function failuresIn(note: Note | undefined): number {
  const failures = numberIn(note, "failures") ?? 0;
  return Number.isSafeInteger(failures) && failures > 0 ? failures : 0;
}

/** As {@link Retrying.describe} does, from what was written down of it. */
export function describeAttempts(status: WorkerStatus, note: Note | undefined): void {
  status.attempt = failuresIn(note);
  if (status.attempt > 0 && typeof note?.lastFailure === "string") status.lastError = note.lastFailure;
}
