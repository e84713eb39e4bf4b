import { setImmediate as turn } from "node:timers/promises";

/** Collects all garbage that there is. */
export function collect(): void {
  if (globalThis.gc === undefined) throw new Error("The garbage collector is not exposed: run node with --expose-gc");
  globalThis.gc();
}

/** What the heap holds that is no garbage, in bytes. */
export function heapInUse(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** The same with nothing under way: some garbage takes turns of the event loop to become that. */
export async function heapAtRest(): Promise<number> {
  let least = heapInUse();
  for (let attempt = 0; attempt < 5; attempt++) {
    await turn();
    least = Math.min(least, heapInUse());
  }
  return least;
}
