import { cpuDuring, heapUsed, sleep, timed } from "../resource-usage.mjs";

const hour = 3_600_000;

/** Measures start, heap after a garbage collection, stop and idle CPU of `count` workers that wait for an hour. */
export async function scale({ startWorkers }, { count }) {
  const empty = heapUsed();
  const { value: stop, ms: start } = await timed(() => startWorkers(count, hour, () => idle, "async"));
  const heap = (heapUsed() - empty) / count;
  // The garbage collector still works in the background, which is not part of waiting.
  await sleep(4_000);
  const idleCpu = await cpuDuring(2_000);
  const { ms } = await timed(stop);
  return { "start (ms)": start, "heap (B a worker)": heap, "stop (ms)": ms, "CPU idle (%)": idleCpu.share * 100 };
}

async function idle() {}

/** Measures the CPU time of a run of an empty job, and how many of the due runs took place. */
export async function runs({ startWorkers }, { count, interval, kind }) {
  let runs = 0;
  const job = {
    sync: () => {
      runs++;
    },
    async: async () => {
      runs++;
    },
  }[kind];
  const stop = await startWorkers(count, interval, () => job, kind);
  // Until all code is compiled and all objects are in the old generation, as in a long-running service.
  await sleep(4_000);
  runs = 0;
  const { ms, elapsed } = await cpuDuring(3_000);
  const done = runs;
  await stop();
  return { "CPU (ns a run)": (ms * 1e6) / done, "done (% of due)": (done / ((count * elapsed) / interval)) * 100 };
}

/** Measures the CPU time of one attempt of a job that fails at once and is retried without a delay. */
export async function attempt({ retryUntilSuccess }) {
  const error = new Error("failed");
  const measured = 50_000;
  let left = 20_000;
  const job = async () => {
    if (left-- > 0) throw error;
  };
  // Compiles the code.
  await retryUntilSuccess(job);
  left = measured;
  const start = process.cpuUsage();
  await retryUntilSuccess(job);
  const { user, system } = process.cpuUsage(start);
  return { "CPU (µs an attempt)": (user + system) / measured };
}
