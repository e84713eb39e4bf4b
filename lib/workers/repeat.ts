import { inspect } from "node:util";
import { Activity } from "../context/activity.js";
import { describeSleep } from "../context/describe-sleep.js";
import type { Outcome } from "../context/outcome.js";
import { addRuns, type Runs } from "../context/runs.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { type Duration, parseDuration } from "../time/duration.js";
import { lastSlotDue, pointOfGrid } from "../time/grid.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { Job, JobFunc } from "./job.js";
import { type JobLink, jobLink } from "./job-link.js";
import type { Worker } from "./worker.js";
import { WorkerLink } from "./worker-link.js";

export interface RepeatOptions {
  /** Whether the first run is at the start, and not one interval after it. False by default. */
  readonly startImmediately?: boolean | undefined;
}

/**
 * Runs a job on a fixed grid, `start + n · interval`, until the context is aborted. Runs never overlap: of the runs that were
 * missed while one ran, or while the event loop was blocked, one is made up for at once and the rest are dropped; the grid
 * stays where it was, on a monotonic clock, so no drift ever adds up. A run that fails ends the worker with its error.
 * @param interval between the starts of two runs, in ms or as a duration string; any length from 1 ms to years
 * @throws InvalidArgumentError if the interval is not a duration of 1 ms or more, or the job is not one
 * @see {@link https://pkg.go.dev/time#Ticker} for the semantics kept from the Go original
 */
export function repeat(interval: Duration, job: Job | JobFunc, { startImmediately = false }: RepeatOptions = {}): Worker {
  if (typeof startImmediately !== "boolean") {
    throw new InvalidArgumentError(`startImmediately is ${inspect(startImmediately)}: give true or false`);
  }
  return new RepeatLink(parseInterval(interval), jobLink(job), startImmediately);
}

/**
 * An interval in ms.
 * @throws InvalidArgumentError if it is not a duration of 1 ms or more
 */
export function parseInterval(interval: unknown): number {
  const ms = parseDuration(interval);
  if (ms < 1)
    throw new InvalidArgumentError(
      `${ms} ms is too short for an interval: give 1 ms or more, or retry a worker without a backoff`,
    );
  return ms;
}

class RepeatLink extends WorkerLink {
  readonly interval: number;
  readonly job: JobLink;
  readonly startImmediately: boolean;

  constructor(interval: number, job: JobLink, startImmediately: boolean) {
    super();
    this.interval = interval;
    this.job = job;
    this.startImmediately = startImmediately;
  }

  get label(): string {
    return this.job.label;
  }

  get isContinuous(): boolean {
    return false;
  }

  override activity(parent: Activity): Activity {
    return new Repeating(parent, this);
  }
}

class Repeating extends Activity {
  // Copied from the link, and not reached through it: what a run touches decides what it costs.
  readonly #interval: number;
  readonly #job: JobLink;
  #start = 0;
  /** The slot of the grid that was run last; -1 if the first run is at the start itself. */
  #slot: number;
  #isWell = false;
  #count = 0;
  #lastStart = 0;
  #lastDuration = -1;

  constructor(parent: Activity, link: RepeatLink) {
    super(parent);
    this.#interval = link.interval;
    this.#job = link.job;
    this.#slot = link.startImmediately ? -1 : 0;
  }

  override begin(): void {
    this.#start = TimerQueue.current().now();
    if (this.#slot < 0) this.wake();
    else this.awaitNextSlot();
  }

  override wake(): void {
    this.#lastStart = TimerQueue.current().now();
    this.#slot = lastSlotDue(this.#start, this.#interval, this.#lastStart);
    this.#count++;
    this.start(this.#job);
  }

  protected override ended(outcome: Outcome): void {
    this.#lastDuration = TimerQueue.current().now() - this.#lastStart;
    if (outcome !== "done" || this.aborted) {
      this.settle(outcome === "done" ? "stopped" : outcome);
      return;
    }
    if (!this.#isWell) {
      this.#isWell = true;
      this.recovered();
    }
    this.awaitNextSlot();
  }

  protected override settle(outcome: Outcome): void {
    this.ran(this.runs, outcome);
    super.settle(outcome);
  }

  override failing(error: Error): void {
    this.#isWell = false;
    super.failing(error);
  }

  override checkpoint(state: "done" | Error): void {
    this.#isWell = false;
    super.checkpoint(state);
  }

  private awaitNextSlot(): void {
    this.sleepUntil(pointOfGrid(this.#start, this.#interval, this.#slot + 1));
  }

  private get runs(): Runs {
    return { count: this.#count, lastStart: this.#lastStart, lastDuration: this.#lastDuration };
  }

  override describe(status: WorkerStatus): void {
    addRuns(status, this.runs);
    describeSleep(status, this, "waiting");
    super.describe(status);
  }
}
