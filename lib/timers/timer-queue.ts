import { Bucket, type Timer } from "./bucket.js";
import { type Clock, installedClock } from "./clock.js";
import { TimingWheel } from "./timing-wheel.js";
import { WallClockWatch } from "./wall-clock-watch.js";
import { withoutAsyncContext } from "./without-async-context.js";

/** The longest delay of a Node timer in ms, 31 bits or some 24.8 days. Node fires at once if the delay is longer. */
const maxNodeDelay = 2 ** 31 - 1;

/** How long, in ms, the queue wakes timers in one turn of the event loop. It reads the clock only after so many timers. */
const maxWakeTime = 10;
const timersPerClockCheck = 16;

/**
 * Wakes all timers of the library: a timing wheel under a single Node timer.
 *
 * A timer never wakes early, whatever its delay, months included: it is due at the first whole ms, counted from the creation of
 * the queue, that is not before its due time. Timers that are due at the same ms wake in the order in which they were scheduled.
 *
 * A timer that is scheduled while another wakes waits for the next turn of the event loop, even if it is already due, so that a
 * loop without a delay cannot starve I/O, signals and other timers. So do timers that become due meanwhile and, once waking has
 * taken more than 10 ms, the due timers that are left. The queue checks this after every few timers: a timer that blocks is not
 * interrupted.
 *
 * A timer that waits for a time of the wall clock wakes early if that was set: see {@link scheduleOnWallClock}.
 *
 * The Node timer is armed outside the async context of the caller, because it serves all timers.
 *
 * A queue uses the clock that `globalThis` had when the queue was created. {@link current} creates a new queue when that clock
 * has been replaced, for example by fake timers: a timer that waits on one clock is never woken by another.
 */
export class TimerQueue {
  static #current = new TimerQueue();

  /** Returns the queue of the clock that is installed now. */
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
  /** The number of timers that wait, due ones and the watch included. */
  #size = 0;
  /** Created by the first timer that waits for a time of the wall clock. Waits only while other timers do. */
  #watch: WallClockWatch | undefined = undefined;
  /** The buckets of due timers, and the index of the first one that is not empty yet. */
  #due: Bucket[] = [];
  #dueIndex = 0;

  #armedFor = Number.POSITIVE_INFINITY;
  #clear: (() => void) | undefined;
  #isWaking = false;

  /** Compares more than `setTimeout`: `node:test` installs the same function every time, but another `Date`. */
  get #isInstalled(): boolean {
    return this.#setTimeout === globalThis.setTimeout && this.#date === globalThis.Date;
  }

  /** Why timers may never wake on the clock of this queue, for the log; undefined if they do. */
  get problem(): string | undefined {
    return this.#clock.problem;
  }

  /** Returns the monotonic time of this queue's clock, in ms. */
  now(): number {
    return this.#clock.now();
  }

  /** Wakes the timer at `due`. Replaces an earlier schedule of the timer, also in another queue. */
  schedule(timer: Timer, due: number): void {
    this.#add(timer, Math.ceil(due - this.#origin));
  }

  /**
   * The same for a time that was computed from the wall clock: wakes the timer also within a minute after that was set, or went
   * on while the machine slept, so that the timer computes the time anew. It must have {@link Timer.followsWallClock}.
   */
  scheduleOnWallClock(timer: Timer, due: number): void {
    this.schedule(timer, due);
    if (this.#clock.isSteady) return;
    this.#watch ??= new WallClockWatch(this, this.#onWallClockSet);
    // After the timer: a watch that waits alone is removed.
    this.#watch.start();
  }

  /** Called while the watch wakes: the timers are among those that are due now. */
  readonly #onWallClockSet = (): void => {
    const timers: Timer[] = [];
    this.#wheel.forEach((timer) => {
      if (timer.followsWallClock === true) timers.push(timer);
    });
    const due = new Bucket(this);
    for (const timer of timers) {
      timer.bucket?.remove(timer);
      due.add(timer, this.#wheel.now);
    }
    this.#due.push(due);
  };

  /** Wakes the timer after `ms`; after 0 ms, in the next turn of the event loop. Replaces an earlier schedule of the timer. */
  sleep(timer: Timer, ms: number): void {
    const due = this.now() - this.#origin + ms;
    this.#add(timer, ms > 0 ? Math.ceil(due) : Math.floor(due));
  }

  #add(timer: Timer, tick: number): void {
    timer.bucket?.queue.cancel(timer);
    this.#wheel.add(timer, tick);
    this.#size++;
    if (!this.#isWaking && (this.#clear === undefined || tick < this.#armedFor)) this.#arm();
  }

  /** Removes the timer. Does nothing if it does not wait in this queue. */
  cancel(timer: Timer): void {
    if (timer.bucket?.queue !== this) return;
    timer.bucket.remove(timer);
    this.#size--;
    // While other timers wait, the Node timer stays as it is: at worst it fires once without a timer to wake.
    if (!this.#isWaking && this.#isIdle()) this.#disarm();
  }

  /** Whether no timer waits, but for the watch, which is removed then. */
  #isIdle(): boolean {
    const watch = this.#watch;
    if (this.#size === 1 && watch?.bucket !== undefined) {
      watch.bucket.remove(watch);
      this.#size = 0;
    }
    return this.#size === 0;
  }

  /** Returns when the timer will wake: its due time, rounded up to a tick; undefined if it does not wait in this queue. */
  dueOf(timer: Timer): number | undefined {
    return timer.bucket?.queue === this ? this.#origin + timer.bucket.tickOf(timer) : undefined;
  }

  #arm(): void {
    this.#disarm();
    if (this.#isIdle()) return;
    const now = this.now();
    if (now - this.#origin < this.#wheel.now) this.#rebase(now);
    this.#armedFor = this.#due.length > 0 ? Number.NEGATIVE_INFINITY : this.#wheel.next;
    const delay = this.#origin + this.#armedFor - now;
    if (delay > 0) {
      // Rounded up: Node truncates fractions, and a Node timer that fires early would have to be armed again.
      const handle = withoutAsyncContext(() => this.#setTimeout(this.#wakeAllDue, Math.min(Math.ceil(delay), maxNodeDelay)));
      this.#clear = () => this.#clearTimeout(handle);
    } else {
      const handle = withoutAsyncContext(() => this.#setImmediate(this.#wakeAllDue));
      this.#clear = () => this.#clearImmediate(handle);
    }
  }

  /**
   * Starts a new wheel at `now`. A clock that is a faked date may be set back, and timers that were due are no longer due then.
   */
  #rebase(now: number): void {
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
    const startTime = this.now();
    this.#isWaking = true;
    try {
      for (const bucket of this.#wheel.takeDue(Math.floor(startTime - this.#origin))) this.#due.push(bucket);
      let woken = 0;
      for (let timer = this.#takeNext(); timer !== undefined; timer = this.#takeNext()) {
        timer.wake();
        if (++woken % timersPerClockCheck === 0 && this.now() - startTime > maxWakeTime) break;
      }
    } finally {
      this.#isWaking = false;
      this.#arm();
    }
  };

  /** Removes and returns the next due timer. */
  #takeNext(): Timer | undefined {
    for (let bucket = this.#due[this.#dueIndex]; bucket !== undefined; bucket = this.#due[++this.#dueIndex]) {
      const timer = bucket.shift();
      if (timer !== undefined) {
        this.#size--;
        return timer;
      }
    }
    this.#due = [];
    this.#dueIndex = 0;
    return undefined;
  }
}
