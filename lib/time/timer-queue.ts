/** Something that can wait in a {@link TimerQueue}. The two fields are the queue's own notes; nobody else writes them. */
export interface Timer {
  queue: TimerQueue | undefined;
  slot: number;
  /** Its time has come; it is no longer in the queue. Must not throw. */
  wake(): void;
}

/** Node's timers hold 31 bits of ms, some 24.8 days, and fire at once for more. */
const longestNodeTimer = 2 ** 31 - 1;

/**
 * All the waiting there is: a binary heap of due times under a single Node timer.
 *
 * A timer never wakes early, whatever its delay, months included. Those due at the same moment wake in the order in which
 * they were scheduled. What is scheduled from within a wake-up waits for the next turn of the event loop, even if it is due
 * already, so that a loop without a delay cannot starve I/O, signals and other timers.
 *
 * A queue lives on the clock that `globalThis` had when it was made. {@link current} makes a new one when that clock has
 * been replaced, by fake timers for example: what waits on one clock is never woken by another.
 */
export class TimerQueue {
  static #current = new TimerQueue();

  /** The queue of the clock that is installed now. */
  static current(): TimerQueue {
    if (TimerQueue.#current.#setTimeout !== globalThis.setTimeout) TimerQueue.#current = new TimerQueue();
    return TimerQueue.#current;
  }

  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;
  readonly #setImmediate = globalThis.setImmediate;
  readonly #clearImmediate = globalThis.clearImmediate;
  readonly #now = globalThis.performance.now.bind(globalThis.performance);

  // The heap, as three columns: numbers in arrays of their own are not boxed.
  readonly #timers: Timer[] = [];
  readonly #dues: number[] = [];
  readonly #orders: number[] = [];
  #nextOrder = 0;

  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;
  #waking = false;

  /** The monotonic time of this queue's clock, in ms. */
  now(): number {
    return this.#now();
  }

  /** Wakes the timer once `due` has come, instead of whenever it was scheduled for before. */
  schedule(timer: Timer, due: number): void {
    timer.queue?.cancel(timer);
    timer.queue = this;
    this.#siftUp(this.#timers.length, timer, due, this.#nextOrder++);
    if (!this.#waking && (this.#disarm === undefined || due < this.#armedFor)) this.#arm();
  }

  /** Forgets the timer. One that does not wait is left alone. */
  cancel(timer: Timer): void {
    if (timer.queue !== this) return;
    this.#remove(timer.slot);
    // With others left, the Node timer stays as it is: at worst it fires once for nothing.
    if (!this.#waking && this.#timers.length === 0) this.#stand();
  }

  /** When the timer will wake. */
  dueOf(timer: Timer): number | undefined {
    return timer.queue === this ? this.#dues[timer.slot] : undefined;
  }

  #arm(): void {
    this.#stand();
    const due = this.#dues[0];
    if (due === undefined) return;
    this.#armedFor = due;
    const delay = due - this.now();
    if (delay > 0) {
      // Rounded up: Node cuts off fractions, and a timer that fires early would have to be set again.
      const handle = this.#setTimeout(this.#wakeAllDue, Math.min(Math.ceil(delay), longestNodeTimer));
      this.#disarm = () => this.#clearTimeout(handle);
    } else {
      const handle = this.#setImmediate(this.#wakeAllDue);
      this.#disarm = () => this.#clearImmediate(handle);
    }
  }

  #stand(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  readonly #wakeAllDue = (): void => {
    this.#disarm = undefined;
    const firstOfNextTurn = this.#nextOrder;
    let now = this.now();
    this.#waking = true;
    try {
      for (let timer = this.#timers[0]; timer !== undefined && at(this.#orders, 0) < firstOfNextTurn; timer = this.#timers[0]) {
        if (at(this.#dues, 0) > now) {
          // Time has gone by meanwhile, and may have brought the next one.
          now = this.now();
          if (at(this.#dues, 0) > now) break;
        }
        this.#remove(0);
        timer.wake();
      }
    } finally {
      this.#waking = false;
      this.#arm();
    }
  };

  #remove(slot: number): void {
    const removed = this.#timers[slot];
    const last = this.#timers.pop();
    const due = this.#dues.pop();
    const order = this.#orders.pop();
    if (removed === undefined || last === undefined || due === undefined || order === undefined) return;
    removed.queue = undefined;
    removed.slot = -1;
    if (removed === last) return;
    if (slot > 0 && this.#isBefore(due, order, (slot - 1) >> 1)) this.#siftUp(slot, last, due, order);
    else this.#siftDown(slot, last, due, order);
  }

  #siftUp(start: number, timer: Timer, due: number, order: number): void {
    let slot = start;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!this.#isBefore(due, order, parent)) break;
      this.#move(parent, slot);
      slot = parent;
    }
    this.#place(slot, timer, due, order);
  }

  #siftDown(start: number, timer: Timer, due: number, order: number): void {
    const size = this.#timers.length;
    let slot = start;
    for (let child = 2 * slot + 1; child < size; child = 2 * slot + 1) {
      const right = child + 1;
      if (right < size && this.#isBefore(at(this.#dues, right), at(this.#orders, right), child)) child = right;
      if (this.#isBefore(due, order, child)) break;
      this.#move(child, slot);
      slot = child;
    }
    this.#place(slot, timer, due, order);
  }

  #isBefore(due: number, order: number, slot: number): boolean {
    const other = at(this.#dues, slot);
    return due < other || (due === other && order < at(this.#orders, slot));
  }

  #move(from: number, to: number): void {
    const timer = this.#timers[from];
    if (timer !== undefined) this.#place(to, timer, at(this.#dues, from), at(this.#orders, from));
  }

  #place(slot: number, timer: Timer, due: number, order: number): void {
    this.#timers[slot] = timer;
    this.#dues[slot] = due;
    this.#orders[slot] = order;
    timer.slot = slot;
  }
}

/** A number of a column at an index that is known to be inside it. */
function at(column: readonly number[], index: number): number {
  return column[index] ?? Number.NaN;
}
