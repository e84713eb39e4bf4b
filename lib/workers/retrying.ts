import type { Backoff } from "../backoff/backoff.js";
import { Activity, type Startable } from "../context/activity.js";
import { describeSleep } from "../context/describe-sleep.js";
import { type Memory, type Note, numberIn } from "../context/memory.js";
import type { Phase, WorkerStatus } from "../context/worker-status.js";
import { describeError } from "../errors/describe-error.js";
import type { EventChannel } from "../events/event-channel.js";
import { TimerQueue } from "../time/timer-queue.js";
import { nextAttempt } from "./next-attempt.js";

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
  /** In words, and not the error itself: one whose stack nobody has read keeps alive all that ran when it was thrown. */
  #lastFailure: string | undefined = undefined;
  /** Where a further attempt is told of. */
  protected abstract get channel(): EventChannel<"watchbill:restart" | "watchbill:retry">;
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
    const note = this.turn?.recall(this.kind);
    if (note !== undefined) this.recall(note);
    this.start(this.link.subject);
  }

  protected recall(note: Note): void {
    this.failures = numberIn(note, "failures") ?? 0;
    if (typeof note.lastFailure === "string") this.#lastFailure = note.lastFailure;
  }

  protected get note(): Note {
    return { failures: this.failures, lastFailure: this.#lastFailure };
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
    this.#lastFailure = failure && describeError(failure);
    const delay = nextAttempt(this, this.link.backoff, this.failures, failure, this.channel);
    // The backoff is the user's, and may have had all stopped.
    if (this.aborted) this.settle("stopped");
    else if (typeof delay !== "number") this.settle(delay);
    else if (this.turn?.rest(TimerQueue.current().now() + delay, "backing off") !== true) this.sleep(delay);
  }

  override describe(status: WorkerStatus): void {
    status.attempt = this.attempt;
    if (this.failures > 0 && this.#lastFailure !== undefined) status.lastError = this.#lastFailure;
    describeSleep(status, this, this.phase);
    super.describe(status);
  }
}
