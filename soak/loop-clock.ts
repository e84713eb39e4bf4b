/** How often the clock looks, in ms. */
const tick = 10;

/**
 * Time as the event loop had it, in ms: it passes with the loop's turns, and of a turn that is late, by whatever has blocked the loop
 * or kept the process from the processor, no more counts than twice what it should have taken. So who is late on this clock has had the
 * turns that were needed, however slow the machine.
 */
export class LoopClock {
  #now = 0;
  #turn = 0;
  #lookedAt = performance.now();
  readonly #timer = setInterval(() => this.#look(), tick);

  /** Never more than has passed on any other clock. */
  get now(): number {
    return this.#now;
  }

  /** The number of the turn that it is. */
  get turn(): number {
    return this.#turn;
  }

  /** Resolves once it is so, looking every few ms, or once that much time has passed. */
  async until(condition: () => boolean, ms: number, every = tick): Promise<boolean> {
    const end = this.#now + ms;
    while (!condition()) {
      if (this.#now >= end) return false;
      await new Promise((resolve) => setTimeout(resolve, every));
    }
    return true;
  }

  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    this.#turn++;
    this.#now += Math.min(now - this.#lookedAt, 2 * tick);
    this.#lookedAt = now;
  }
}
