/** Returns the heap in use after a garbage collection, in bytes. Needs `--expose-gc`. */
export function heapUsed() {
  // The second collection frees what the finalizers of the first have released.
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Calls a function, awaits its result, and returns both the result and the elapsed time in ms. */
export async function timed(run) {
  const start = performance.now();
  const value = await run();
  return { value, ms: performance.now() - start };
}

/** Returns the CPU time that this process uses during the next `duration` ms, in ms and as a share of one core. */
export async function cpuDuring(duration) {
  const usage = process.cpuUsage();
  const start = performance.now();
  await sleep(duration);
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(usage);
  const ms = (user + system) / 1_000;
  return { ms, elapsed, share: ms / elapsed };
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
