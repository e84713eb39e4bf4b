import type { Activity } from "../context/activity.js";
import { describeSleep } from "../context/describe-sleep.js";
import { Orders } from "../context/orders.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { addRuns, type Runs } from "../context/runs.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { Health, WorkerStatus } from "../context/worker-status.js";
import { describeError } from "../errors/describe-error.js";
import { NamedActivity } from "./named.js";
import { WorkerLink } from "./worker-link.js";

/** A worker whose health is kept, and to whom orders can be given. */
export abstract class MonitoredLink extends WorkerLink {
  /**
   * What is under watch.
   * @internal
   */
  abstract get chain(): WorkerLink;

  /** @internal */
  override activity(parent: Activity): Monitored {
    return new Monitored(parent, this);
  }
}

/**
 * A named worker at work: keeps what its runs and checkpoints have reported since it was first started, and the orders that it
 * was given. Both are handed on to its successor, when it is restarted as a whole.
 */
export class Monitored extends NamedActivity<MonitoredLink> {
  #health: Health = "init";
  #failures = 0;
  #lastError: Error | undefined = undefined;
  /** Those of what has ended. What is running adds its own when it is asked. */
  #runs: Runs | undefined = undefined;
  #orders: Orders | undefined = undefined;

  constructor(parent: Activity, link: MonitoredLink) {
    super(parent, link, link.label);
  }

  /** Goes on from where the one that it comes after has ended. Before {@link begin}. */
  succeed(predecessor: Monitored): void {
    this.#health = predecessor.#health;
    this.#failures = predecessor.#failures;
    this.#lastError = predecessor.#lastError;
    this.#runs = predecessor.#runs;
    this.#orders = predecessor.#orders;
  }

  override begin(): void {
    if (this.#orders?.isPaused === true) this.sleepForEver();
    else this.start(this.link.chain);
  }

  override get orders(): Orders | undefined {
    return this.#orders;
  }

  /** Its orders, which can be changed; {@link reconsider} is to be called after that. */
  takeOrders(): Orders {
    return (this.#orders ??= new Orders());
  }

  override reconsider(): void {
    if (!this.sleeping) {
      super.reconsider();
    } else if (this.#orders?.isPaused === true && !this.#orders.wantsRun) {
      this.#orders.rest();
    } else {
      this.callOffSleep();
      this.start(this.link.chain);
    }
  }

  protected override settle(outcome: Outcome): void {
    this.#orders?.workerEnds(this.name, outcome, this.reason);
    super.settle(outcome);
  }

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
    status.attempt = this.attempt;
    status.lastError = this.#lastError === undefined ? null : describeError(this.#lastError);
    if (this.#runs !== undefined) addRuns(status, this.#runs);
    super.describe(status);
    describeSleep(status, this, "paused");
  }
}
