import { cpuDuring, heapUsed, sleep, timed } from "../meters.mjs";

const hour = 3_600_000;

/** What so many workers cost that have nothing to do for an hour. Heap is what is there after a garbage collection. */
export async function scale({ repeating }, { count }) {
  const empty = heapUsed();
  const { value: stop, ms: start } = await timed(() => repeating(count, hour, () => idle, "async"));
  const heap = (heapUsed() - empty) / count;
  // What the garbage collector still does in the background is no part of waiting.
  await sleep(4_000);
  const idleCpu = await cpuDuring(2_000);
  const { ms } = await timed(stop);
  return { "start (ms)": start, "heap (B a worker)": heap, "stop (ms)": ms, "CPU idle (%)": idleCpu.share * 100 };
}

async function idle() {}
