// Takes one group of the figures that bench/check.mjs judges, and writes them to stdout.
import { getEventListeners } from "node:events";
import { bootstrap, DeclarativeWorker, StaticBackoff, wait } from "../dist/index.js";
import { heapUsed, sleep } from "./meters.mjs";
import { repeating } from "./peers/watchbill.mjs";
import { median } from "./statistics.mjs";
import { installVirtualClock } from "./virtual-clock.mjs";

const hour = 3_600_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const idle = async () => {};

const subjects = {
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

/** Of so many workers: the middle one of what heap each took, and the least CPU, of some starts and stops. */
async function cost(count) {
  const cpus = [];
  const heaps = [];
  for (let time = 0; time < 5; time++) {
    // What the roster before has left is let go only once the event loop has turned: or this one seems to cost less.
    await sleep(20);
    const before = heapUsed();
    const begun = process.cpuUsage();
    const stop = repeating(count, hour, () => idle);
    const started = process.cpuUsage(begun);
    heaps.push((heapUsed() - before) / count);
    const stopping = process.cpuUsage();
    await stop();
    const stopped = process.cpuUsage(stopping);
    cpus.push(started.user + started.system + stopped.user + stopped.system);
  }
  return { heap: median(heaps), cpu: Math.min(...cpus) };
}

/** Of a hundred workers whose runs listen to their signals: how many listeners there are once each has had some runs. */
async function listenersAfterRuns() {
  const signals = new Set();
  let runs = 0;
  const job = async ({ signal }) => {
    signals.add(signal);
    await wait(1, { signal });
    runs++;
  };
  const stop = repeating(100, 5, () => job);
  while (runs < 1_000) await sleep(5);
  // What runs still listens: look when nothing does.
  await stop();
  return [...signals].reduce((sum, signal) => sum + getEventListeners(signal, "abort").length, 0);
}

function processListeners() {
  return process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);
}

/** A hundred rounds of a thousand workers, in time that is not real: bytes a run, and what was armed. */
async function rounds(job) {
  const clock = installVirtualClock();
  repeating(1_000, 20, () => job);
  // Until it is compiled as it will be.
  for (let round = 0; round < 500; round++) await clock.goOn();
  globalThis.gc();
  const { armed } = clock;
  const parts = [];
  for (let part = 0; part < 10; part++) {
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 10; round++) await clock.goOn();
    parts.push((process.memoryUsage().heapUsed - before) / 10_000);
  }
  // A garbage collection hides what was allocated before it, but not in most of the parts, or it is far too much.
  const whole = parts.filter((bytes) => bytes > 0);
  return { allocated: whole.length < 7 ? Number.MAX_VALUE : median(whole), armed: clock.armed - armed };
}

process.stdout.write(JSON.stringify(await subjects[process.argv[2]]()), () => process.exit());
