import { checkReadable } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { isInstanceOf, isObjectLike } from "../errors/read-value.js";
import { describeKind } from "../errors/show-value.js";
import type { Bucket, Timer } from "../timers/bucket.js";
import { type Duration, milliseconds } from "../timers/duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { type Abortable, isAbortSignal, onAbort } from "./on-abort.js";

/**
 * Resolves after the duration, never early. Rejects with the signal's reason as soon as the signal aborts, as `setTimeout` of
 * `node:timers/promises` does, so that a loop around it ends: `for (;;) { await poll(); await wait("5s", { signal }); }`. Leaves
 * neither a timer nor a listener behind.
 *
 * Under a signal that has aborted already it rejects after a turn of the event loop: not even a loop that catches the rejection
 * can starve other timers, signals and I/O.
 * @param options the signal; a {@link WorkerContext} is accepted too
 * @throws InvalidArgumentError at once, if the duration is malformed or the signal is not one
 */
export function wait(duration: Duration, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
  const ms = milliseconds(duration);
  const signal = signalOf(options);
  return new Promise((resolve, reject) => {
    new Waiting(resolve, reject).begin(ms, signal);
  });
}

/**
 * Resolves when the signal aborts, for a worker that only has to stay up until then: `await stopped(signal)`. Never rejects.
 * @throws InvalidArgumentError at once, if it is not a signal
 */
export function stopped(signal: AbortSignal): Promise<void> {
  if (!isAbortSignal(signal)) {
    throw new InvalidArgumentError(`stopped() was called with ${describeKind(signal)}: pass the signal of the context`);
  }
  return new Promise((resolve) => {
    onAbort(signal, { abort: () => resolve() });
  });
}

function signalOf(options: unknown): AbortSignal | undefined {
  if (!isObjectLike(options) || isInstanceOf(options, AbortSignal)) {
    throw new InvalidArgumentError(`The options of wait are ${describeKind(options)}: pass an object, such as { signal }`);
  }
  const signal = checkReadable("The signal of wait", options, "signal");
  if (signal === undefined || isAbortSignal(signal)) return signal;
  throw new InvalidArgumentError(`The signal of wait is ${describeKind(signal)}: pass an AbortSignal`);
}

class Waiting implements Timer, Abortable {
  bucket: Bucket | undefined;
  slot = -1;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  #stopListening: (() => void) | undefined;
  /** Set if the signal had aborted already: the promise rejects when this wakes. */
  #aborted: { readonly reason: unknown } | undefined;

  constructor(resolve: () => void, reject: (reason: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(ms: number, signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) {
      this.#aborted = { reason: signal.reason };
      TimerQueue.current().sleep(this, 0);
    } else {
      TimerQueue.current().sleep(this, ms);
      if (signal !== undefined) this.#stopListening = onAbort(signal, this);
    }
  }

  wake(): void {
    this.#stopListening?.();
    if (this.#aborted === undefined) this.#resolve();
    else this.#reject(this.#aborted.reason);
  }

  abort(reason: unknown): void {
    this.bucket?.queue.cancel(this);
    this.#reject(reason);
  }
}
