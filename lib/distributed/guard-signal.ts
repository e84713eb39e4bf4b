/**
 * Makes a signal call `check` before it answers `aborted` or `throwIfAborted()`. When a frozen process wakes up, the worker's
 * code may read the signal before the timer that would abort it has expired.
 *
 * Applies to this signal only: listeners, and signals derived with `AbortSignal.any`, learn of the abort when it happens.
 * @param check may abort the signal
 */
export function guardSignal(signal: AbortSignal, check: () => void): void {
  Object.defineProperties(signal, {
    aborted: {
      configurable: true,
      get() {
        check();
        return Reflect.get(AbortSignal.prototype, "aborted", signal);
      },
    },
    throwIfAborted: {
      configurable: true,
      value() {
        check();
        AbortSignal.prototype.throwIfAborted.call(signal);
      },
    },
  });
}
