/** How often the clock advances, in ms. */
const tick = 10;

/**
 * A clock that advances with the turns of the event loop, in ms. A late turn counts at most twice its expected length, so neither
 * a blocked loop nor a process without CPU advances it. A deadline that is missed on this clock had all the turns that it needed,
 * however slow the machine is.
 */
export class LoopClock {
  /** Never ahead of another clock. */
  now = 0;
  /** The number of ticks so far. */
  turn = 0;
  #lastTick = performance.now();
  readonly #timer = setInterval(() => this.#advance(), tick);

  /** Polls `condition` every few ms. Resolves with true once it holds, or with false after `ms`. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const end = this.now + ms;
    while (!condition()) {
      if (this.now >= end) return false;
      await new Promise((resolve) => setTimeout(resolve, tick));
    }
    return true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #advance(): void {
    const now = performance.now();
    this.turn++;
    this.now += Math.min(now - this.#lastTick, 2 * tick);
    this.#lastTick = now;
  }
}
