import { setImmediate } from "node:timers/promises";

/**
 * The bare timer: runs overlap, an error ends the process, and nobody knows how anybody is.
 * @param {number} count
 * @param {number} interval
 * @param {(index: number) => () => unknown} jobOf
 */
export function repeating(count, interval, jobOf) {
  const timers = Array.from({ length: count }, (_, i) => setInterval(jobOf(i), interval));
  return () => timers.forEach(clearInterval);
}

/** The bare loop, which leaves the event loop a turn after each failure. */
export async function attempts(job) {
  for (;;) {
    try {
      return await job();
    } catch {
      await setImmediate();
    }
  }
}
