import { type Activity, isFailure, type Outcome } from "../context/activity.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { Health, WorkerStatus } from "../context/worker-status.js";
import { describeError } from "../errors/describe-error.js";
import { TimerQueue } from "../time/timer-queue.js";
import { Named } from "./named.js";
import type { WorkerLink } from "./worker-link.js";

/** A named worker whose health is kept: what its runs and checkpoints have reported since it was started. */
export class Monitored extends Named {
  #health: Health = "init";
  #runs = 0;
  #failures = 0;
  #lastStart = Number.NaN;
  #lastDuration = Number.NaN;
  #lastError: Error | undefined = undefined;

  constructor(parent: Activity, worker: WorkerLink, name: string) {
    super(parent, worker, name);
  }

  override runStarted(now: number): void {
    this.#runs++;
    this.#lastStart = now;
    super.runStarted(now);
  }

  override runEnded(outcome: Outcome): void {
    this.#lastDuration = TimerQueue.current().now() - this.#lastStart;
    if (isFailure(outcome)) this.#failures++;
    if (outcome !== "stopped") this.report(outcome);
    super.runEnded(outcome);
  }

  override checkpoint(state: "done" | Error): void {
    if (isFailure(state)) new WorkerLogger(this.logger, this.name).warn({ err: state }, "reported a problem");
    this.report(state);
    super.checkpoint(state);
  }

  private report(state: "done" | Error): void {
    this.#health = state === "done" ? "ok" : "firing";
    if (state !== "done") this.#lastError = state;
  }

  override describe(status: WorkerStatus): void {
    const age = TimerQueue.current().now() - this.#lastStart;
    status.health = this.#health;
    status.runs = this.#runs;
    status.failures = this.#failures;
    status.lastStart = orNull(Math.round(Date.now() - age));
    status.lastDuration = orNull(this.#lastDuration);
    status.lastError = this.#lastError === undefined ? null : describeError(this.#lastError);
    status.phase = this.child === undefined ? "stopped" : "running";
    super.describe(status);
  }
}

function orNull(ms: number): number | null {
  return Number.isNaN(ms) ? null : ms;
}
