import { Activity } from "../context/activity.js";
import { describeSleep } from "../context/describe-sleep.js";
import type { Orders } from "../context/orders.js";
import type { Outcome } from "../context/outcome.js";
import { addRuns, type Runs } from "../context/runs.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { JobLink } from "./job-link.js";

/** A repeated job at work: one run at a time. When a run is due is decided by those who extend this. */
export abstract class Repeating extends Activity {
  readonly #job: JobLink;
  /** Kept here, and not asked for upwards at every run. Looked up again when they change. */
  #orders: Orders | undefined;
  #isWell = false;
  #count = 0;
  #lastStart = 0;
  #lastDuration = -1;

  constructor(parent: Activity, job: JobLink) {
    super(parent);
    this.#job = job;
    this.#orders = parent.orders;
  }

  /** Sleeps until the next run is due. */
  protected abstract awaitDue(): void;

  /** Of the runs that are due at `now`, none is to be made up for. */
  protected abstract skip(now: number): void;

  protected get isPaused(): boolean {
    return this.#orders?.isPaused === true;
  }

  protected get wantsRun(): boolean {
    return this.#orders?.wantsRun === true;
  }

  /** Sleeps until there is something to do: by hand, if something was ordered, or else when it is due. */
  protected awaitNext(): void {
    const orders = this.#orders;
    if (orders === undefined) {
      this.awaitDue();
    } else if (orders.wantsRun) {
      this.sleep(0);
    } else if (orders.isPaused) {
      this.sleepForEver();
      orders.rest();
    } else {
      this.awaitDue();
    }
  }

  override reconsider(): void {
    this.#orders = this.parent.orders;
    if (!this.sleeping) {
      super.reconsider();
      return;
    }
    this.callOffSleep();
    this.skip(TimerQueue.current().now());
    this.awaitNext();
  }

  override wake(): void {
    this.#lastStart = TimerQueue.current().now();
    this.skip(this.#lastStart);
    this.#count++;
    this.#orders?.runBegins();
    this.start(this.#job);
  }

  protected override ended(outcome: Outcome): void {
    this.#lastDuration = TimerQueue.current().now() - this.#lastStart;
    // A run that returns after the word to stop may well have returned for that.
    const verdict = outcome === "done" && this.aborted ? "stopped" : outcome;
    this.#orders?.runEnds(verdict, this.reason);
    if (verdict !== "done") {
      this.settle(verdict);
      return;
    }
    if (!this.#isWell) {
      this.#isWell = true;
      this.recovered();
    }
    this.awaitNext();
  }

  protected override settle(outcome: Outcome): void {
    this.ran(this.runs, outcome);
    super.settle(outcome);
  }

  override failing(error: Error): void {
    this.#isWell = false;
    this.#orders?.runEnds(error, undefined);
    super.failing(error);
  }

  override checkpoint(state: "done" | Error): void {
    this.#isWell = false;
    super.checkpoint(state);
  }

  private get runs(): Runs {
    return { count: this.#count, lastStart: this.#lastStart, lastDuration: this.#lastDuration };
  }

  override describe(status: WorkerStatus): void {
    addRuns(status, this.runs);
    describeSleep(status, this, this.isPaused ? "paused" : "waiting");
    super.describe(status);
  }
}
