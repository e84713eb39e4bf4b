const { setImmediate: realImmediate } = globalThis;

/** Replaces Node's timers and `performance.now` by a clock that only `advance` moves, and counts the timers that are armed. */
export function installVirtualClock() {
  let now = 0;
  let armed = 0;
  /** The library has at most one pending timer. */
  let next;
  const arm = (callback, due) => {
    armed++;
    return (next = { callback, due });
  };
  const clear = (timer) => {
    if (timer === next) next = undefined;
  };
  globalThis.setTimeout = (callback, ms) => arm(callback, now + ms);
  globalThis.setImmediate = (callback) => arm(callback, now);
  globalThis.clearTimeout = globalThis.clearImmediate = clear;
  performance.now = () => now;
  return {
    get armed() {
      return armed;
    },
    /** Fires the pending timer, then waits for one turn of the real event loop, so that all promise reactions have run. */
    async advance() {
      const { callback, due } = next;
      next = undefined;
      now = due;
      callback();
      await new Promise((resolve) => realImmediate(resolve));
    },
  };
}
