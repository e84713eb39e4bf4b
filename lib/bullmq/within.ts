import { wait } from "../context/wait.js";
import { FleetError } from "../errors/fleet-error.js";

/** Whether a promise settles, however that may be, before some time is over. */
export async function settledWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const isSettled = await Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    wait(ms, timer).then(() => false),
  ]);
  timer.abort();
  return isSettled;
}

/**
 * What a promise gives, if it does in time.
 * @throws FleetError if it does not; what becomes of it later is nobody's concern
 */
export async function within<Result>(ms: number, promise: Promise<Result>): Promise<Result> {
  if (await settledWithin(ms, promise)) return promise;
  throw new FleetError(`There was no answer within ${ms} ms`);
}
