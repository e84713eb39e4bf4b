/**
 * Has a signal look for itself before it says that it has not aborted. A process that was frozen goes on where it was, and whatever
 * would have aborted the signal meanwhile may come later than the code that asks. Only of who asks this very signal: listeners, and
 * signals that were made of it by `AbortSignal.any`, are told when it aborts.
 * @param look may abort it
 */
export function guardSignal(signal: AbortSignal, look: () => void): void {
  Object.defineProperties(signal, {
    aborted: {
      configurable: true,
      get() {
        look();
        return Reflect.get(AbortSignal.prototype, "aborted", signal);
      },
    },
    throwIfAborted: {
      configurable: true,
      value() {
        look();
        AbortSignal.prototype.throwIfAborted.call(signal);
      },
    },
  });
}
