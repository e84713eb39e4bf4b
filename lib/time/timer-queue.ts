import { DueHeap } from "./due-heap.js";

/** Something that can wait in a {@link TimerQueue}. The two fields are the queue's own notes; nobody else writes them. */
export interface Timer {
  queue: TimerQueue | undefined;
  slot: number;
  /** Its time has come; it is no longer in the queue. Must not throw. */
  wake(): void;
}

/** Node's timers hold 31 bits of ms, some 24.8 days, and fire at once for more. */
const longestNodeTimer = 2 ** 31 - 1;

const original = { setTimeout: globalThis.setTimeout, now: nowOf(globalThis.performance) };

/** Time in ms. Where timers are faked and `performance` is not, as with those of `node:test`, it is the faked `Date`'s. */
function installedClock(): () => number {
  const { performance, setTimeout } = globalThis;
  const isHalfFaked = setTimeout !== original.setTimeout && nowOf(performance) === original.now;
  return isHalfFaked ? Date.now.bind(Date) : performance.now.bind(performance);
}

/** The method itself, to be compared and not to be called. */
function nowOf(performance: object): unknown {
  return Reflect.get(performance, "now");
}

/**
 * All the waiting there is: a heap of due times under a single Node timer.
 *
 * A timer never wakes early, whatever its delay, months included. Those due at the same moment wake in the order in which
 * they were scheduled. What is scheduled from within a wake-up waits for the next turn of the event loop, even if it is due
 * already, so that a loop without a delay cannot starve I/O, signals and other timers; and so do those that come after it.
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
  readonly #now = installedClock();

  readonly #heap = new DueHeap<Timer>();
  #nextOrder = 0;

  #armedFor = Number.POSITIVE_INFINITY;
  #clear: (() => void) | undefined;
  #waking = false;

  /** The monotonic time of this queue's clock, in ms. */
  now(): number {
    return this.#now();
  }

  /** Wakes the timer once `due` has come, instead of whenever it was scheduled for before. */
  schedule(timer: Timer, due: number): void {
    timer.queue?.cancel(timer);
    timer.queue = this;
    this.#heap.add(timer, due, this.#nextOrder++);
    if (!this.#waking && (this.#clear === undefined || due < this.#armedFor)) this.#arm();
  }

  /** Forgets the timer. One that does not wait here is left alone. */
  cancel(timer: Timer): void {
    if (timer.queue !== this) return;
    timer.queue = undefined;
    this.#heap.remove(timer.slot);
    // With others left, the Node timer stays as it is: at worst it fires once for nothing.
    if (!this.#waking && this.#heap.size === 0) this.#disarm();
  }

  /** When the timer will wake. */
  dueOf(timer: Timer): number | undefined {
    return timer.queue === this ? this.#heap.due(timer.slot) : undefined;
  }

  #arm(): void {
    this.#disarm();
    if (this.#heap.size === 0) return;
    this.#armedFor = this.#heap.due();
    const delay = this.#armedFor - this.now();
    if (delay > 0) {
      // Rounded up: Node cuts off fractions, and a timer that fires early would have to be set again.
      const handle = this.#setTimeout(this.#wakeAllDue, Math.min(Math.ceil(delay), longestNodeTimer));
      this.#clear = () => this.#clearTimeout(handle);
    } else {
      const handle = this.#setImmediate(this.#wakeAllDue);
      this.#clear = () => this.#clearImmediate(handle);
    }
  }

  #disarm(): void {
    this.#clear?.();
    this.#clear = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  readonly #wakeAllDue = (): void => {
    this.#clear = undefined;
    const heap = this.#heap;
    const firstOfNextTurn = this.#nextOrder;
    let now = this.now();
    this.#waking = true;
    try {
      for (let timer = heap.first; timer !== undefined && heap.firstOrder < firstOfNextTurn; timer = heap.first) {
        if (heap.due() > now) {
          // Time has gone by meanwhile, and may have brought the next one.
          now = this.now();
          if (heap.due() > now) break;
        }
        timer.queue = undefined;
        heap.remove(0);
        timer.wake();
      }
    } finally {
      this.#waking = false;
      this.#arm();
    }
  };
}
