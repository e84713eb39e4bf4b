const { setImmediate: realImmediate } = globalThis;

/** Puts a clock in the place of Node's that stands still until it is told to go on, and counts what is armed on it. */
export function installVirtualClock() {
  let now = 0;
  let armed = 0;
  /** The library has one timer at a time. */
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
    /** To the next timer, and until what that has begun has come to rest. */
    async goOn() {
      const { callback, due } = next;
      next = undefined;
      now = due;
      callback();
      await new Promise((resolve) => realImmediate(resolve));
    },
  };
}
