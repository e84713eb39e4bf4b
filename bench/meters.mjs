/** What is in use after a garbage collection, in bytes. */
export function heapUsed() {
  // The second takes what only the finalizers of the first have let go.
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** How long it takes until what a function begins is done, in ms. */
export async function timed(run) {
  const begun = performance.now();
  const value = await run();
  return { value, ms: performance.now() - begun };
}

/** The CPU that this process uses meanwhile, in ms and as a share of one core. */
export async function cpuDuring(duration) {
  const usage = process.cpuUsage();
  const begun = performance.now();
  await sleep(duration);
  const elapsed = performance.now() - begun;
  const { user, system } = process.cpuUsage(usage);
  const ms = (user + system) / 1_000;
  return { ms, elapsed, share: ms / elapsed };
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param sorted the lowest first */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
