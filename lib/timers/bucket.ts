/** Something that can wait. The two fields are the notes of those who keep it waiting; nobody else writes them. */
export interface Timer {
  bucket: Bucket | undefined;
  slot: number;
  /** Its time has come; it no longer waits. Must not throw. */
  wake(): void;
}

/** What is asked of the queue that a timer waits in. */
export interface Keeper {
  /** The time of the clock that they wait by, in ms. */
  now(): number;
  cancel(timer: Timer): void;
  /** When the timer will wake: its due time, rounded up to a whole ms of the queue. */
  dueOf(timer: Timer): number | undefined;
}

/** Fewer holes than that are not worth closing. */
const fewHoles = 16;

/**
 * Timers that are due at the same tick, or at ticks that are close together, in the order in which they came. Any of them is
 * taken out in constant time: it leaves a hole, and holes are closed once there are three for each timer.
 */
export class Bucket {
  readonly keeper: Keeper;
  #timers: (Timer | undefined)[] = [];
  /** When each is due. In a column of its own: a number that is a field of an object costs an object more. */
  #ticks: number[] = [];
  #size = 0;
  #first = Number.POSITIVE_INFINITY;
  /** How many have been shifted out, holes included. */
  #shifted = 0;

  constructor(keeper: Keeper) {
    this.keeper = keeper;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Nothing here is due before this tick. Whoever it was said of may have been taken out since. */
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

  /** Takes out the one that came first. */
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

  /** Calls back with each and its tick, in the order in which they came. */
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
