// Takes one group of the figures that bench/check.mjs compares with their limits, and prints them as JSON.
import { getEventListeners } from "node:events";
import { bootstrap, DeclarativeWorker, StaticBackoff, wait } from "../dist/index.js";
import { startWorkers } from "./peers/watchbill.mjs";
import { heapUsed, sleep } from "./resource-usage.mjs";
import { median } from "./statistics.mjs";
import { installVirtualClock } from "./virtual-clock.mjs";

const hour = 3_600_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const idle = async () => {};

const groups = {
  async growth() {
    const few = await cost(10_000);
    const many = await cost(100_000);
    return { heap: many.heap, heapGrowth: many.heap / few.heap, cpuGrowth: many.cpu / few.cpu };
  },
  async listening() {
    const { signal } = new AbortController();
    const before = processListeners();
    const backoff = new StaticBackoff({ sleep: "1s" });
    const workers = Array.from(
      { length: 1_000 },
      (_, i) => new DeclarativeWorker({ name: `${i}`, job: idle, repeat: hour, retry: backoff }),
    );
    void bootstrap(workers, { signal, signals: ["SIGINT", "SIGTERM"], logger: silent }).run();
    return {
      listeners: getEventListeners(signal, "abort").length,
      processListeners: processListeners() - before,
      workerListeners: await listenersAfterRuns(),
    };
  },
  async "allocated-sync"() {
    const { allocated, armed } = await rounds(() => {});
    return { allocatedSync: allocated, armedSync: armed };
  },
  async "allocated-async"() {
    const { allocated, armed } = await rounds(idle);
    return { allocatedAsync: allocated, armedAsync: armed };
  },
};

/** Starts and stops `count` workers five times. Returns the median heap of a worker and the minimum CPU time. */
async function cost(count) {
  const cpus = [];
  const heaps = [];
  for (let time = 0; time < 5; time++) {
    // The previous workers are released only in a later turn of the event loop; without it, these would seem to cost less.
    await sleep(20);
    const before = heapUsed();
    const start = process.cpuUsage();
    const stop = startWorkers(count, hour, () => idle);
    const started = process.cpuUsage(start);
    heaps.push((heapUsed() - before) / count);
    const stopping = process.cpuUsage();
    await stop();
    const stopped = process.cpuUsage(stopping);
    cpus.push(started.user + started.system + stopped.user + stopped.system);
  }
  return { heap: median(heaps), cpu: Math.min(...cpus) };
}

/** Counts the listeners that stay on the signals of 100 workers after 1,000 runs that listened to them. */
async function listenersAfterRuns() {
  const signals = new Set();
  let runs = 0;
  const job = async ({ signal }) => {
    signals.add(signal);
    await wait(1, { signal });
    runs++;
  };
  const stop = startWorkers(100, 5, () => job);
  while (runs < 1_000) await sleep(5);
  // A run in progress still listens, so count after the stop.
  await stop();
  return [...signals].reduce((sum, signal) => sum + getEventListeners(signal, "abort").length, 0);
}

function processListeners() {
  return process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);
}

/** Runs 1,000 workers for 100 rounds in virtual time. Returns the bytes allocated for a run, and the number of timers armed. */
async function rounds(job) {
  const clock = installVirtualClock();
  startWorkers(1_000, 20, () => job);
  // Until all code is compiled.
  for (let round = 0; round < 500; round++) await clock.advance();
  globalThis.gc();
  const { armed } = clock;
  const parts = [];
  for (let part = 0; part < 10; part++) {
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 10; round++) await clock.advance();
    parts.push((process.memoryUsage().heapUsed - before) / 10_000);
  }
  // A part with a garbage collection has no valid figure. If there are many of them, far too much is allocated.
  const valid = parts.filter((bytes) => bytes > 0);
  return { allocated: valid.length < 7 ? Number.MAX_VALUE : median(valid), armed: clock.armed - armed };
}

process.stdout.write(JSON.stringify(await groups[process.argv[2]]()), () => process.exit());
