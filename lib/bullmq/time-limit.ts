import { FleetError } from "../errors/fleet-error.js";
import { onAbort } from "../runtime/on-abort.js";
import { wait } from "../runtime/wait.js";

/**
 * The result of a promise, if it settles within some ms.
 * @param signal ends the time early
 * @throws FleetError if it does not settle in time; its later result or error is ignored
 */
export async function within<Result>(ms: number, promise: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  if (await settledWithin(ms, promise, signal)) return promise;
  // A later rejection must not be an unhandled one.
  promise.catch(() => {});
  throw new FleetError(`no answer within ${ms} ms`);
}

/**
 * Whether a promise settles, in either way, within some ms.
 * @param signal ends the time early
 */
export async function settledWithin(ms: number, promise: Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
  const timer = new AbortController();
  const stopWatching = signal && onAbort(signal, timer);
  const isSettled = await Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    delay(ms, timer.signal).then(() => false),
  ]);
  stopWatching?.();
  timer.abort();
  return isSettled;
}

/** Whether a promise settles, in either way, before the signal aborts. */
export async function settledBefore(signal: AbortSignal, promise: Promise<unknown>): Promise<boolean> {
  let stopWatching = (): void => {};
  const aborted = new Promise<boolean>((resolve) => {
    stopWatching = onAbort(signal, { abort: () => resolve(false) });
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  const isFirst = await Promise.race([settled, aborted]);
  stopWatching();
  return isFirst;
}

/** Resolves after some ms, or as soon as the signal aborts. Never rejects. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, { signal });
  } catch {
    // The signal has aborted: the caller checks it.
  }
}
