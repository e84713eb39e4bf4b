import type { Activity } from "../context/activity.js";
import { describeSleep } from "../context/describe-sleep.js";
import { Orders } from "../context/orders.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { ProblemLog } from "../context/problem-log.js";
import { addRuns, hasRun, type Runs } from "../context/runs.js";
import { type Health, initialStatus, type WorkerStatus } from "../context/worker-status.js";
import { describeError } from "../errors/foreign-value.js";
import { channels } from "../events/channels.js";
import { eventOutcome } from "../events/event-outcome.js";
import { TimerQueue } from "../time/timer-queue.js";
import { NamedActivity, NamingLink } from "./named.js";
import type { WorkerLink } from "./worker-link.js";

/** A worker whose health is kept, and to whom orders can be given. */
export abstract class MonitoredLink extends NamingLink {
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
  /** In words: an error whose stack nobody has read keeps alive all that ran when it was thrown. */
  #lastError: string | null = null;
  /** Whether the run that is under way has been counted as a failure already. */
  #isCounted = false;
  /** Those of what has ended. What is running adds its own when it is asked. */
  #runs: Runs | undefined = undefined;
  #orders: Orders | undefined = undefined;
  /** Made at the first problem. */
  #problemLog: ProblemLog | undefined = undefined;

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
    this.#problemLog = predecessor.#problemLog;
  }

  /** Goes on from where others have come to with the same worker, in other processes. */
  adopt({ health, failures, lastError, runs, missed, lastStart, lastDuration }: WorkerStatus): void {
    this.#health = health;
    this.#failures = failures;
    this.#lastError = lastError;
    if (lastStart === null) {
      if (missed > 0) this.#runs = { count: runs, missed, lastStart: 0, lastDuration: -1 };
      return;
    }
    const start = TimerQueue.current().now() - (Date.now() - lastStart);
    this.#runs = { count: runs, missed, lastStart: start, lastDuration: lastDuration ?? -1 };
  }

  /** What is to be adopted elsewhere: without what only those below know while they are at work. */
  get row(): WorkerStatus {
    const row = initialStatus(this.name);
    this.describeOwn(row);
    return row;
  }

  override begin(): void {
    // One that is repeated has a grid, which goes on while it is paused.
    if (this.#orders?.isPaused === true && this.link.isContinuous && !this.aborted) this.sleepForEver();
    else this.startChain();
    if (this.sleeping) this.#orders?.rest();
  }

  private startChain(): void {
    if (!this.aborted && channels.start.isObserved) channels.start.publish({ worker: this.name });
    this.start(this.link.chain);
  }

  override get problemLog(): ProblemLog {
    return (this.#problemLog ??= new ProblemLog());
  }

  /** Its own; or those of the worker that it is a part of. */
  override get orders(): Orders | undefined {
    return this.#orders ?? super.orders;
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
      this.startChain();
    }
  }

  protected override settle(outcome: Outcome): void {
    this.#orders?.workerEnds(this.name, outcome, this.reason);
    if (channels.exit.isObserved) {
      channels.exit.publish({
        worker: this.name,
        outcome: eventOutcome(outcome),
        error: isFailure(outcome) ? outcome : undefined,
      });
    }
    super.settle(outcome);
  }

  override recovered(): void {
    this.report("done");
    super.recovered();
  }

  override failing(error: Error): void {
    this.#failures++;
    this.#isCounted = true;
    this.report(error);
    super.failing(error);
  }

  override ran(runs: Runs, outcome: Outcome): void {
    const { count = 0, missed = 0, lastStart = 0, lastDuration = -1 } = this.#runs ?? {};
    const isRun = hasRun(runs);
    if (isRun || (runs.missed ?? 0) > 0) {
      this.#runs = {
        count: runs.count + count,
        missed: (runs.missed ?? 0) + missed,
        lastStart: isRun ? runs.lastStart : lastStart,
        // One that has not ended leaves what is known of the last that has.
        lastDuration: runs.lastDuration < 0 ? lastDuration : runs.lastDuration,
      };
    }
    if (isFailure(outcome) && !this.#isCounted) this.#failures++;
    this.#isCounted = false;
    if (outcome !== "stopped") this.report(outcome === "completed" ? "done" : outcome);
    super.ran(runs, outcome);
  }

  override checkpoint(state: "done" | Error): void {
    if (isFailure(state)) this.problemLog.failed(this, state, "reported a problem", {});
    this.report(state);
    super.checkpoint(state);
  }

  private report(state: "done" | Error): void {
    const previous = this.#health;
    this.#health = state === "done" ? "ok" : "firing";
    if (state === "done") this.#problemLog?.recovered(this);
    const error = isFailure(state) ? state : undefined;
    if (error !== undefined) this.#lastError = describeError(error);
    if (previous !== this.#health && channels.health.isObserved) {
      channels.health.publish({ worker: this.name, health: this.#health, previous, error });
    }
  }

  private describeOwn(status: WorkerStatus): void {
    status.health = this.#health;
    status.failures = this.#failures;
    status.attempt = this.attempt;
    status.lastError = this.#lastError;
    if (this.#runs !== undefined) addRuns(status, this.#runs);
  }

  override describe(status: WorkerStatus): void {
    this.describeOwn(status);
    super.describe(status);
    describeSleep(status, this, "paused");
  }
}
