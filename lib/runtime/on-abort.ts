import { hasMethod, readProperty } from "../errors/read-value.js";

/** Is aborted when a signal aborts. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** Whether a value is an abort signal, of this realm, of another one, or of a polyfill. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return typeof readProperty(value, "aborted") === "boolean" && hasMethod(value, "addEventListener");
}

/** The targets of one signal, behind a single listener. */
class Watch {
  readonly #signal: AbortSignal;
  readonly #targets = new Set<Abortable>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#abortAll);
  }

  add(target: Abortable): void {
    this.#targets.add(target);
  }

  delete(target: Abortable): void {
    if (this.#targets.delete(target) && this.#targets.size === 0) this.#end();
  }

  readonly #abortAll = (): void => {
    this.#end();
    for (const target of this.#targets) target.abort(this.#signal.reason);
  };

  #end(): void {
    this.#signal.removeEventListener("abort", this.#abortAll);
    watches.delete(this.#signal);
  }
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Aborts the target when the signal aborts; now if it has aborted already. Returns a function that removes the target.
 *
 * A signal has one listener for any number of targets, because adding a listener takes longer the more there are, and Node warns
 * of a leak from the eleventh on. The listener is removed with the last target.
 */
export function onAbort(signal: AbortSignal, target: Abortable): () => void {
  if (signal.aborted) {
    target.abort(signal.reason);
    return () => {};
  }
  let watch = watches.get(signal);
  if (watch === undefined) watches.set(signal, (watch = new Watch(signal)));
  watch.add(target);
  return () => watch.delete(target);
}
