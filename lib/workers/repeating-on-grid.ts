import type { Activity } from "../context/activity.js";
import type { Note } from "../context/memory.js";
import { lastSlotDue, pointOfGrid } from "../time/grid.js";
import type { JobLink } from "./job-link.js";
import { gridIn, isWithin } from "./next-turn.js";
import { Repeating } from "./repeating.js";
import type { IntervalRepetition } from "./repetition.js";

/** Repeats a job at intervals, on a grid of the monotonic clock. */
export class RepeatingOnGrid extends Repeating {
  readonly #repetition: IntervalRepetition;
  #start = 0;
  /** The slot of the grid that was run last; -1 if the first run is at the start of the grid itself. */
  #slot: number;

  constructor(parent: Activity, job: JobLink, repetition: IntervalRepetition) {
    super(parent, job);
    this.#repetition = repetition;
    this.#slot = repetition.startImmediately || repetition.initialDelay !== undefined ? -1 : 0;
  }

  protected override beginAnew(): void {
    const { startImmediately, initialDelay = 0 } = this.#repetition;
    this.#start = this.beginsAt + initialDelay;
    if (startImmediately && !this.isPaused) this.wake();
    else this.awaitNext();
  }

  protected override resume(note: Note): boolean {
    const grid = gridIn(note, this.#repetition.interval);
    if (grid === undefined) return false;
    this.#start = grid.start - this.fleetTime.offset;
    this.#slot = grid.slot;
    return true;
  }

  protected override isDueAt(time: number): boolean {
    const { interval, jitter = 0 } = this.#repetition;
    return isWithin(time, pointOfGrid(this.#start, interval, this.#slot + 1), jitter);
  }

  protected override get position(): Note {
    return { start: this.#start + this.fleetTime.offset, slot: this.#slot, interval: this.#repetition.interval };
  }

  protected override awaitDue(): void {
    const { interval, jitter } = this.#repetition;
    const point = pointOfGrid(this.#start, interval, this.#slot + 1);
    const due = jitter === undefined ? point : point + Math.random() * jitter;
    if (!this.rests(due)) this.sleepUntil(due);
  }

  protected override skip(now: number): void {
    this.#slot = Math.max(-1, lastSlotDue(this.#start, this.#repetition.interval, now));
  }
}
