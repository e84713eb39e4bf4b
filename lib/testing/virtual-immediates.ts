/** What `setImmediate` returns. */
interface Handle {
  ref(): Handle;
  unref(): Handle;
  hasRef(): boolean;
  [Symbol.dispose](): void;
}

/** How many rounds of immediates may follow each other before the clock advances: code may set one after another without end. */
const mostRounds = 1_000;

/**
 * `setImmediate` on a virtual clock: what is set runs at the same virtual time, after everything that has begun. Fake timers
 * would let a millisecond pass.
 */
export class VirtualImmediates {
  readonly #setImmediate = globalThis.setImmediate;
  readonly #clearImmediate = globalThis.clearImmediate;
  /** What is to be called, by the handle that was returned for it. */
  #pending = new Map<unknown, () => void>();
  /** Those of the round that is under way. */
  #round = new Map<unknown, () => void>();
  #rounds = 0;

  install(): void {
    Reflect.set(globalThis, "setImmediate", this.#set);
    Reflect.set(globalThis, "clearImmediate", this.#clear);
  }

  uninstall(): void {
    globalThis.setImmediate = this.#setImmediate;
    globalThis.clearImmediate = this.#clearImmediate;
  }

  readonly #set = (callback: (...args: unknown[]) => void, ...args: unknown[]): Handle => {
    const handle: Handle = {
      ref: () => handle,
      unref: () => handle,
      hasRef: () => true,
      [Symbol.dispose]: () => this.#clear(handle),
    };
    this.#pending.set(handle, () => callback(...args));
    return handle;
  };

  readonly #clear = (handle: unknown): void => {
    this.#pending.delete(handle);
    this.#round.delete(handle);
  };

  /** Runs those that are pending. Returns whether there were any, and time need not advance before the next. */
  runPending(): boolean {
    if (this.#pending.size === 0 || this.#rounds >= mostRounds) {
      this.#rounds = 0;
      return false;
    }
    this.#rounds++;
    this.#round = this.#pending;
    this.#pending = new Map();
    // One of them may clear another.
    for (const call of this.#round.values()) call();
    return true;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }
}
