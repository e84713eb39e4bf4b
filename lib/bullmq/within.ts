import { FleetError } from "../errors/fleet-error.js";
import { onAbort } from "../runtime/on-abort.js";
import { wait } from "../runtime/wait.js";

/** Resolves after some ms, or as soon as the signal aborts. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, { signal });
  } catch {
    // It was cut short: the caller looks at the signal.
  }
}

/**
 * Whether a promise settles, however that may be, before some time is over.
 * @param signal ends the time when it aborts
 */
export async function settledWithin(ms: number, promise: Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
  const timer = new AbortController();
  const callOff = signal && onAbort(signal, timer);
  const isSettled = await Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    pause(ms, timer.signal).then(() => false),
  ]);
  callOff?.();
  timer.abort();
  return isSettled;
}

/** Whether a promise settles, however that may be, before the signal aborts. */
export async function settledBefore(signal: AbortSignal, promise: Promise<unknown>): Promise<boolean> {
  let callOff = (): void => {};
  const aborted = new Promise<boolean>((resolve) => {
    callOff = onAbort(signal, { abort: () => resolve(false) });
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  const isFirst = await Promise.race([settled, aborted]);
  callOff();
  return isFirst;
}

/**
 * What a promise gives, if it does in time.
 * @throws FleetError if it does not; what becomes of it later is nobody's concern
 */
export async function within<Result>(ms: number, promise: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  if (await settledWithin(ms, promise, signal)) return promise;
  // It may fail yet, with nobody to hear of it.
  promise.catch(() => {});
  throw new FleetError(`There was no answer within ${ms} ms`);
}
