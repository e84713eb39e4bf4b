import { tracingChannel } from "node:diagnostics_channel";
import { isInstanceOf } from "../errors/read-value.js";
import { TimeoutError } from "../errors/timeout-error.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import { epochOf } from "../runtime/runs.js";
import type { Task } from "../runtime/task.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { eventOutcome, type RunEvent } from "./events.js";

const channel = tracingChannel<unknown, RunEvent>("watchbill:run");

/**
 * Publishes the stages of one run on the tracing channel `watchbill:run`, as Node does: `start` and `end` around the synchronous
 * part, then `asyncStart` and `asyncEnd` if the run returned a promise; `error` before the last stage if the run failed. A store
 * that is bound to `start` is the store of the run.
 */
export class RunTrace {
  readonly #event: RunEvent;
  /** On the clock of the timer queue, like the start. */
  readonly #due: number;
  readonly #start = TimerQueue.current().now();
  #isAsync = false;

  /** Returns a trace; undefined if the channel is not observed. */
  static of(run: Task): RunTrace | undefined {
    if (!isObserved()) return undefined;
    const { cause, due } = run.runStart;
    return new RunTrace({ worker: run.name, attempt: run.attempt, due: epochOf(due), cause }, due);
  }

  private constructor(event: RunEvent, due: number) {
    this.#event = event;
    this.#due = due;
  }

  /** Publishes `start` and calls `code` with the arguments. */
  call<Arguments extends unknown[]>(code: (...args: Arguments) => unknown, ...args: Arguments): unknown {
    return channel.start.runStores(this.#event, code, undefined, ...args);
  }

  /** Publishes the end of the synchronous part: `code` has returned a promise. */
  continueAsync(): void {
    this.#isAsync = true;
    channel.end.publish(this.#event);
  }

  /**
   * Publishes the last stages of the run.
   * @param reason the reason of the abort, if the run was aborted
   */
  end(outcome: Outcome, reason: unknown): void {
    this.#event.duration = TimerQueue.current().now() - this.#start;
    this.#event.lateness = Math.max(this.#start - this.#due, 0);
    const error = failureOf(outcome, reason);
    this.#event.outcome = error === undefined ? eventOutcome(outcome) : "failed";
    if (error !== undefined) {
      this.#event.error = error;
      channel.error.publish(this.#event);
    }
    if (this.#isAsync) {
      channel.asyncStart.publish(this.#event);
      channel.asyncEnd.publish(this.#event);
    } else {
      channel.end.publish(this.#event);
    }
  }
}

/** Checks each of the channels: a tracing channel does not have `hasSubscribers` in Node before 20.13 and in Bun. */
function isObserved(): boolean {
  const { start, end, asyncStart, asyncEnd, error } = channel;
  return (
    start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers
  );
}

/** Returns the failure of a run. A run that exceeded its timeout has failed, even if it obeys its signal and returns. */
function failureOf(outcome: Outcome, reason: unknown): Error | undefined {
  if (isFailure(outcome)) return outcome;
  return outcome !== "completed" && isInstanceOf(reason, TimeoutError) ? reason : undefined;
}
