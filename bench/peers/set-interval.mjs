import { setImmediate } from "node:timers/promises";

/**
 * Starts bare timers: runs overlap, an error ends the process, and there is no status.
 * @param {number} count
 * @param {number} interval
 * @param {(index: number) => () => unknown} jobOf
 */
export function startWorkers(count, interval, jobOf) {
  const timers = Array.from({ length: count }, (_, i) => setInterval(jobOf(i), interval));
  return () => timers.forEach(clearInterval);
}

/** Retries in a bare loop that yields to the event loop after each failure. */
export async function retryUntilSuccess(job) {
  for (;;) {
    try {
      return await job();
    } catch {
      await setImmediate();
    }
  }
}
