import { hasMethod, readProperty } from "../errors/foreign-value.js";

/** What is told once a signal aborts. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** Whether it can abort; also a signal of another realm, or of a polyfill. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return typeof readProperty(value, "aborted") === "boolean" && hasMethod(value, "addEventListener");
}

/** Everything that waits for one signal, behind the signal's one listener. */
class Watch {
  readonly #signal: AbortSignal;
  readonly #targets = new Set<Abortable>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#tell);
  }

  add(target: Abortable): void {
    this.#targets.add(target);
  }

  delete(target: Abortable): void {
    if (this.#targets.delete(target) && this.#targets.size === 0) this.#end();
  }

  readonly #tell = (): void => {
    this.#end();
    for (const target of this.#targets) target.abort(this.#signal.reason);
  };

  #end(): void {
    this.#signal.removeEventListener("abort", this.#tell);
    watches.delete(this.#signal);
  }
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Aborts the target once the signal does, and returns how to call that off. If the signal has aborted already, the target is
 * aborted now.
 *
 * A signal has one listener however many targets it has: adding listeners gets slower with each one that is there, and Node
 * warns of a leak from the eleventh on. With the last target gone, the listener is gone too.
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
