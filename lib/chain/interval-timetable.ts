import { epochOf } from "../runtime/epoch.js";
import { numberIn, type SnapshotEntry } from "../runtime/snapshot.js";
import { isWithin, lastSlotDue, pointOfGrid, roundedUp } from "../timers/grid.js";
import { random } from "../timers/random.js";

import type { IntervalRepetition } from "./repetition.js";
import type { Timetable } from "./timetable.js";

/** The latest time that a Date can have, in ms since the epoch. */
const latestTime = 8.64e15;

/** The due times of a fixed interval: the points of a grid on the monotonic clock. */
export class IntervalTimetable implements Timetable {
  readonly #repetition: IntervalRepetition;
  #start = 0;
  /** The slot of the grid that was taken or skipped last; -1 if the first run is at the start of the grid itself. */
  #slot: number;
  /** When the next run is due, if its jitter was drawn. */
  #drawn: number | undefined = undefined;

  constructor(repetition: IntervalRepetition) {
    this.#repetition = repetition;
    this.#slot = repetition.startImmediately || repetition.initialDelay !== undefined ? -1 : 0;
  }

  begin(start: number): void {
    this.#start = start + (this.#repetition.initialDelay ?? 0);
  }

  nextDue(): number {
    if (this.#drawn !== undefined) return this.#drawn;
    const { jitter, startImmediately } = this.#repetition;
    const point = this.nextPoint();
    if (jitter === undefined || (startImmediately && this.#slot < 0)) return point;
    return (this.#drawn = point + random() * jitter);
  }

  nextDueDate(): number {
    return epochOf(this.nextDue());
  }

  takeDue(now: number): number {
    this.moveTo(this.#slot + 1);
    return this.skipDue(now);
  }

  skipAllButLast(now: number): number {
    const { interval, jitter } = this.#repetition;
    const last = lastSlotDue(this.#start, interval, now);
    // With a jitter, the run of the last point that has passed may not be due yet.
    const skipped = Math.max(last - (jitter === undefined ? 1 : 2) - this.#slot, 0);
    if (skipped > 0) this.moveTo(this.#slot + skipped);
    return skipped;
  }

  skipDue(now: number): number {
    const before = this.#slot;
    const last = lastSlotDue(this.#start, this.#repetition.interval, now);
    // The run of the last point that has passed may not be due yet.
    if (last > before + 1) this.moveTo(last - 1);
    if (last > before && this.nextDue() <= now) this.moveTo(last);
    return this.#slot - before;
  }

  private moveTo(slot: number): void {
    this.#slot = slot;
    this.#drawn = undefined;
  }

  private nextPoint(): number {
    return pointOfGrid(this.#start, this.#repetition.interval, this.#slot + 1);
  }

  /** In whole ms, so that a point is the same number in each replica. */
  save(offset: number): SnapshotEntry {
    return { start: roundedUp(this.#start + offset), slot: this.#slot, interval: this.#repetition.interval };
  }

  /** If the interval has changed, a new grid starts at the last point of the old one. */
  restore(entry: SnapshotEntry, offset: number): boolean {
    const start = numberIn(entry, "start");
    const slot = numberIn(entry, "slot");
    const interval = numberIn(entry, "interval");
    if (start === undefined || slot === undefined || interval === undefined) return false;
    // An interval is 1 ms or more, and slots are counted from -1: anything else is not a grid.
    if (interval < 1 || slot < -1 || !Number.isInteger(slot)) return false;
    const point = pointOfGrid(start, interval, slot);
    if (Math.max(Math.abs(start), Math.abs(point)) > latestTime) return false;
    const goesOn = interval === this.#repetition.interval || slot < 0;
    this.#start = (goesOn ? start : point) - offset;
    this.moveTo(goesOn ? slot : 0);
    return true;
  }

  setNextDue(due: number): boolean {
    if (!isWithin(due, this.nextPoint(), this.#repetition.jitter ?? 0)) return false;
    this.#drawn = due;
    return true;
  }

  latestDue(): number {
    return this.nextPoint() + (this.#repetition.jitter ?? 0);
  }
}
