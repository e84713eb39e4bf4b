import type { Activity } from "../context/activity.js";
import { lastSlotDue, pointOfGrid } from "../time/grid.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { JobLink } from "./job-link.js";
import { Repeating } from "./repeating.js";
import type { IntervalRepetition } from "./repetition.js";

/** Repeats a job at intervals, on a grid of the monotonic clock. */
export class RepeatingOnGrid extends Repeating {
  // Copied from the link, and not reached through it: what a run touches decides what it costs.
  readonly #interval: number;
  readonly #jitter: number;
  #start = 0;
  /** The slot of the grid that was run last; -1 if the first run is at the start of the grid itself. */
  #slot: number;
  readonly #initialDelay: number | undefined;

  constructor(parent: Activity, job: JobLink, { interval, jitter = 0, startImmediately, initialDelay }: IntervalRepetition) {
    super(parent, job);
    this.#interval = interval;
    this.#jitter = jitter;
    this.#slot = startImmediately || initialDelay !== undefined ? -1 : 0;
    this.#initialDelay = initialDelay;
  }

  override begin(): void {
    this.#start = TimerQueue.current().now() + (this.#initialDelay ?? 0);
    const startsNow = this.#slot < 0 && this.#initialDelay === undefined;
    if (startsNow && !this.isPaused) this.wake();
    else this.awaitNext();
  }

  protected override awaitDue(): void {
    const due = pointOfGrid(this.#start, this.#interval, this.#slot + 1);
    this.sleepUntil(this.#jitter === 0 ? due : due + Math.random() * this.#jitter);
  }

  protected override skip(now: number): void {
    this.#slot = Math.max(-1, lastSlotDue(this.#start, this.#interval, now));
  }
}
