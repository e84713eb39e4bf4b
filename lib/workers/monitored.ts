import { isFailure, type Outcome } from "../context/outcome.js";
import { addRuns, type Runs } from "../context/runs.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { Health, WorkerStatus } from "../context/worker-status.js";
import { describeError } from "../errors/describe-error.js";
import { NamedActivity } from "./named.js";

/** A named worker whose health is kept: what its runs and checkpoints have reported since it was started. */
export class Monitored extends NamedActivity {
  #health: Health = "init";
  #failures = 0;
  #lastError: Error | undefined = undefined;
  /** Those of what has ended. What is running adds its own when it is asked. */
  #runs: Runs | undefined = undefined;

  override recovered(): void {
    this.#health = "ok";
    super.recovered();
  }

  override failing(error: Error): void {
    this.report(error);
    super.failing(error);
  }

  override ran(runs: Runs, outcome: Outcome): void {
    if (runs.count > 0) this.#runs = { ...runs, count: runs.count + (this.#runs?.count ?? 0) };
    if (isFailure(outcome)) this.#failures++;
    if (outcome !== "stopped") this.report(outcome === "completed" ? "done" : outcome);
    super.ran(runs, outcome);
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
    status.health = this.#health;
    status.failures = this.#failures;
    status.lastError = this.#lastError === undefined ? null : describeError(this.#lastError);
    status.phase = this.child === undefined ? "stopped" : "running";
    if (this.#runs !== undefined) addRuns(status, this.#runs);
    super.describe(status);
  }
}
