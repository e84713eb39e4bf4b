import { inspect } from "node:util";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Bucket, Timer } from "../time/bucket.js";
import { type Duration, milliseconds } from "../time/duration.js";
import { TimerQueue } from "../time/timer-queue.js";
import { type Abortable, isAbortSignal, onAbort } from "./on-abort.js";

/**
 * Resolves after the duration, or as soon as the signal aborts; look at `signal.aborted` to tell which. Never rejects, never
 * resolves early, and leaves neither timer nor listener behind. A whole {@link WorkerContext} may be given.
 * @throws InvalidArgumentError at once, if the duration is malformed or the signal is none
 */
export function wait(duration: Duration, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
  const ms = milliseconds(duration);
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new InvalidArgumentError(`${inspect(signal, { depth: 0 })} is not an AbortSignal`);
  }
  return new Promise((resolve) => {
    const waiting = new Waiting(resolve);
    waiting.begin(ms, signal);
  });
}

class Waiting implements Timer, Abortable {
  bucket: Bucket | undefined;
  slot = -1;
  readonly #resolve: () => void;
  #callOff: (() => void) | undefined;

  constructor(resolve: () => void) {
    this.#resolve = resolve;
  }

  begin(ms: number, signal: AbortSignal | undefined): void {
    TimerQueue.current().sleep(this, ms);
    if (signal !== undefined) this.#callOff = onAbort(signal, this);
  }

  wake(): void {
    this.#callOff?.();
    this.#resolve();
  }

  abort(): void {
    this.bucket?.keeper.cancel(this);
    this.#resolve();
  }
}
