/** What the workers meet with: whether they may fail and hang, and for how long. */
export class Weather {
  /** Nobody fails, and nobody hangs. */
  isCalm = false;
  /** Whoever hangs, hangs until it is let go. */
  isEndless = false;
  readonly #hanging = new Set<() => void>();

  /** How many hang now. */
  get hanging(): number {
    return this.#hanging.size;
  }

  /** Hangs for that long, heeding no signal. */
  hang(ms: number): Promise<void> {
    if (this.isCalm) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#hanging.delete(end);
        resolve();
      };
      const timer = this.isEndless ? undefined : setTimeout(end, ms);
      this.#hanging.add(end);
    });
  }

  /** From now on whoever hangs does so until it is calm again. */
  worsen(): void {
    this.isCalm = false;
    this.isEndless = true;
  }

  /** Nobody fails or hangs from now on, and whoever hangs is let go. */
  calm(): void {
    this.isCalm = true;
    this.isEndless = false;
    for (const end of this.#hanging) end();
  }
}
