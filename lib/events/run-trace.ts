import { tracingChannel } from "node:diagnostics_channel";
import { isInstanceOf } from "../errors/foreign-value.js";
import { TimeoutError } from "../errors/timeout-error.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { Task } from "../runtime/task.js";
import { eventOutcome } from "./event-outcome.js";
import type { RunEvent } from "./events.js";

const channel = tracingChannel<unknown, RunEvent>("watchbill:run");

/**
 * Publishes one run on the tracing channel `watchbill:run`, in the stages of Node: `start` and `end` around the synchronous part;
 * then, if a promise was returned, `asyncStart` and `asyncEnd`; `error` before the last stage if it failed. A store that is bound
 * to `start` is the store of the run.
 */
export class RunTrace {
  readonly #event: RunEvent;
  #isAsync = false;

  /** Returns a trace if there are listeners. */
  static of(run: Task): RunTrace | undefined {
    return isObserved() ? new RunTrace({ worker: run.name, attempt: run.attempt }) : undefined;
  }

  private constructor(event: RunEvent) {
    this.#event = event;
  }

  /** Calls the code. What it returns may go on asynchronously. */
  call(code: () => unknown): unknown {
    return channel.start.runStores(this.#event, code);
  }

  /** A promise was returned. */
  goesOn(): void {
    this.#isAsync = true;
    channel.end.publish(this.#event);
  }

  /** @param reason of the abort, if it was aborted */
  ended(outcome: Outcome, reason: unknown): void {
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

/** Asks each channel, because a tracing channel itself has no such property in Node before 20.13 and in Bun. */
function isObserved(): boolean {
  const { start, end, asyncStart, asyncEnd, error } = channel;
  return (
    start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers
  );
}

/** A run that has timed out has failed, also if it stops and returns. */
function failureOf(outcome: Outcome, reason: unknown): Error | undefined {
  if (isFailure(outcome)) return outcome;
  return outcome !== "completed" && isInstanceOf(reason, TimeoutError) ? reason : undefined;
}
