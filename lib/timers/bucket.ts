/** Waits in the timer queue, which alone writes the two fields. */
export interface Timer {
  bucket: Bucket | undefined;
  slot: number;
  /** Called when the time has come; it no longer waits then. Must not throw. */
  wake(): void;
}

/** The queue in which a timer waits. */
export interface Keeper {
  /** The time of its clock, in ms. */
  now(): number;
  cancel(timer: Timer): void;
  /** The due time of the timer, rounded up to a tick of the queue. */
  dueOf(timer: Timer): number | undefined;
}

/** Below this number, holes are not closed. */
const fewHoles = 16;

/**
 * Timers that are due at the same tick, or at ticks that are close together, in the order in which they were added. Removing a
 * timer takes constant time: it leaves a hole, and holes are closed when there are three for each timer.
 */
export class Bucket {
  readonly keeper: Keeper;
  #timers: (Timer | undefined)[] = [];
  /** When each is due. In an array, because a number in a field of an object takes an object of its own. */
  #ticks: number[] = [];
  #size = 0;
  #first = Number.POSITIVE_INFINITY;
  /** The number of timers that were shifted out, including holes. */
  #shifted = 0;

  constructor(keeper: Keeper) {
    this.keeper = keeper;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** No timer here is due before this tick. The timer that was may have been removed since. */
  get first(): number {
    return this.#first;
  }

  tickOf(timer: Timer): number {
    return this.#ticks[timer.slot] ?? Number.NaN;
  }

  add(timer: Timer, tick: number): void {
    timer.bucket = this;
    timer.slot = this.#timers.length;
    this.#timers.push(timer);
    this.#ticks.push(tick);
    this.#size++;
    if (tick < this.#first) this.#first = tick;
  }

  remove(timer: Timer): void {
    timer.bucket = undefined;
    this.#timers[timer.slot] = undefined;
    this.#size--;
    if (this.#timers.length > 4 * this.#size + fewHoles) this.#closeHoles();
    if (this.#size === 0) this.#first = Number.POSITIVE_INFINITY;
  }

  /** Removes and returns the timer that was added first. */
  shift(): Timer | undefined {
    while (this.#size > 0) {
      const timer = this.#timers[this.#shifted];
      this.#timers[this.#shifted++] = undefined;
      if (timer === undefined) continue;
      timer.bucket = undefined;
      this.#size--;
      return timer;
    }
    return undefined;
  }

  /** Calls back with each timer and its tick, in the order in which they were added. */
  forEach(visit: (timer: Timer, tick: number) => void): void {
    for (let slot = 0; slot < this.#timers.length; slot++) {
      const timer = this.#timers[slot];
      if (timer !== undefined) visit(timer, this.tickOf(timer));
    }
  }

  #closeHoles(): void {
    let kept = 0;
    this.forEach((timer, tick) => {
      this.#timers[kept] = timer;
      this.#ticks[kept] = tick;
      timer.slot = kept++;
    });
    this.#timers.length = kept;
    this.#ticks.length = kept;
    this.#shifted = 0;
  }
}
