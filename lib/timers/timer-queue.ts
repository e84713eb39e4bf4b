import type { Bucket, Keeper, Timer } from "./bucket.js";
import { type Clock, installedClock } from "./clock.js";
import { TimingWheel } from "./timing-wheel.js";
import { withoutAsyncContext } from "./without-async-context.js";

/** A longer delay than 31 bits of ms, about 24.8 days, makes a Node timer fire at once. */
const longestNodeTimer = 2 ** 31 - 1;

/** How long timers are woken in one turn of the event loop, in ms, and after how many the clock is read. */
const longestTurn = 10;
const timersBetweenLooks = 16;

/**
 * Holds all timers of the library: a timing wheel under a single Node timer.
 *
 * A timer never wakes early, also after months: it is due at the first whole ms, counted from the creation of the queue, that is
 * not before its time. Timers that are due at the same ms wake in the order in which they were scheduled.
 *
 * A timer that is scheduled while others wake waits for the next turn of the event loop, even if it is due already, so that a
 * loop without a delay cannot starve I/O, signals and other timers. So do timers that become due meanwhile, and the rest of many
 * timers when waking them has taken more than 10 ms. The clock is read after every few timers; one that blocks is not
 * interrupted.
 *
 * The Node timer is set outside of the async context of the caller, because it serves all timers.
 *
 * A queue keeps the clock that `globalThis` had when it was created. {@link current} creates a new queue when that clock has been
 * replaced, such as by fake timers: a timer of one clock is never woken by another.
 */
export class TimerQueue implements Keeper {
  static #current = new TimerQueue();

  /** The queue of the clock that is installed now. */
  static current(): TimerQueue {
    if (!TimerQueue.#current.#isInstalled) TimerQueue.#current = new TimerQueue();
    return TimerQueue.#current;
  }

  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;
  readonly #setImmediate = globalThis.setImmediate;
  readonly #clearImmediate = globalThis.clearImmediate;
  readonly #date = globalThis.Date;
  readonly #clock: Clock = installedClock();
  /** The time of tick 0. */
  #origin = this.#clock.now();

  #wheel = new TimingWheel(this);
  #waiting = 0;
  /** The buckets of timers that wake in this turn of the event loop, and how many of them are finished. */
  #due: Bucket[] = [];
  #done = 0;

  #armedFor = Number.POSITIVE_INFINITY;
  #clear: (() => void) | undefined;
  #waking = false;

  /** By more than `setTimeout`: that of `node:test` is the same one whenever its timers are enabled, but the date is not. */
  get #isInstalled(): boolean {
    return this.#setTimeout === globalThis.setTimeout && this.#date === globalThis.Date;
  }

  /** Explains why timers may never wake on this clock; undefined if they will. */
  get problem(): string | undefined {
    return this.#clock.problem;
  }

  /** The monotonic time of this queue's clock, in ms. */
  now(): number {
    return this.#clock.now();
  }

  /** Wakes the timer at `due`. Replaces an earlier due time. */
  schedule(timer: Timer, due: number): void {
    this.#put(timer, Math.ceil(due - this.#origin));
  }

  /** Wakes the timer after `ms`; after 0, in the next turn of the event loop. */
  sleep(timer: Timer, ms: number): void {
    const due = this.now() - this.#origin + ms;
    this.#put(timer, ms > 0 ? Math.ceil(due) : Math.floor(due));
  }

  #put(timer: Timer, tick: number): void {
    timer.bucket?.keeper.cancel(timer);
    this.#wheel.add(timer, tick);
    this.#waiting++;
    if (!this.#waking && (this.#clear === undefined || tick < this.#armedFor)) this.#arm();
  }

  /** Removes the timer if it waits here. */
  cancel(timer: Timer): void {
    if (timer.bucket?.keeper !== this) return;
    timer.bucket.remove(timer);
    this.#waiting--;
    // With other timers left, the Node timer is kept: at worst it fires once without a timer that is due.
    if (!this.#waking && this.#waiting === 0) this.#disarm();
  }

  /** The due time of the timer, rounded up to a tick. */
  dueOf(timer: Timer): number | undefined {
    return timer.bucket?.keeper === this ? this.#origin + timer.bucket.tickOf(timer) : undefined;
  }

  #arm(): void {
    this.#disarm();
    if (this.#waiting === 0) return;
    const now = this.now();
    if (now - this.#origin < this.#wheel.now) this.#setBack(now);
    this.#armedFor = this.#due.length > 0 ? Number.NEGATIVE_INFINITY : this.#wheel.next;
    const delay = this.#origin + this.#armedFor - now;
    if (delay > 0) {
      // Rounded up: Node cuts off fractions, and a timer that fires early would have to be set again.
      const handle = withoutAsyncContext(() => this.#setTimeout(this.#wakeAllDue, Math.min(Math.ceil(delay), longestNodeTimer)));
      this.#clear = () => this.#clearTimeout(handle);
    } else {
      const handle = withoutAsyncContext(() => this.#setImmediate(this.#wakeAllDue));
      this.#clear = () => this.#clearImmediate(handle);
    }
  }

  /** A faked clock may go back: timers that were due are not due any more. */
  #setBack(now: number): void {
    const [wheel, origin] = [this.#wheel, this.#origin];
    this.#wheel = new TimingWheel(this);
    this.#origin = now;
    wheel.forEach((timer, tick) => {
      this.#wheel.add(timer, Math.ceil(origin + tick - now));
    });
  }

  #disarm(): void {
    this.#clear?.();
    this.#clear = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  readonly #wakeAllDue = (): void => {
    this.#clear = undefined;
    const begun = this.now();
    this.#waking = true;
    try {
      for (const bucket of this.#wheel.takeDue(Math.floor(begun - this.#origin))) this.#due.push(bucket);
      let woken = 0;
      for (let timer = this.#takeNext(); timer !== undefined; timer = this.#takeNext()) {
        timer.wake();
        if (++woken % timersBetweenLooks === 0 && this.now() - begun > longestTurn) break;
      }
    } finally {
      this.#waking = false;
      this.#arm();
    }
  };

  #takeNext(): Timer | undefined {
    for (let bucket = this.#due[this.#done]; bucket !== undefined; bucket = this.#due[++this.#done]) {
      const timer = bucket.shift();
      if (timer !== undefined) {
        this.#waiting--;
        return timer;
      }
    }
    this.#due = [];
    this.#done = 0;
    return undefined;
  }
}
