// Takes one group of the figures that bench/check.mjs judges, and writes them to stdout.
import { getEventListeners } from "node:events";
import { bootstrap, DeclarativeWorker, StaticBackoff } from "../dist/index.js";
import { heapUsed } from "./meters.mjs";
import { repeating } from "./peers/watchbill.mjs";
import { installVirtualClock } from "./virtual-clock.mjs";

const hour = 3_600_000;
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
    void bootstrap(workers, { signal, signals: ["SIGINT", "SIGTERM"] }).run();
    return { listeners: getEventListeners(signal, "abort").length, processListeners: processListeners() - before };
  },
  "allocated-sync": async () => ({ allocatedSync: (await rounds(() => {})).allocated }),
  async "allocated-async"() {
    const { allocated, armed } = await rounds(idle);
    return { allocatedAsync: allocated, armed };
  },
};

/** Of so many workers: heap of each, and the least CPU of some starts and stops. */
async function cost(count) {
  const cpus = [];
  let heap = 0;
  for (let time = 0; time < 5; time++) {
    const before = heapUsed();
    const begun = process.cpuUsage();
    const stop = repeating(count, hour, () => idle);
    const started = process.cpuUsage(begun);
    heap = (heapUsed() - before) / count;
    const stopping = process.cpuUsage();
    await stop();
    const stopped = process.cpuUsage(stopping);
    cpus.push(started.user + started.system + stopped.user + stopped.system);
  }
  return { heap, cpu: Math.min(...cpus) };
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
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 100; round++) await clock.goOn();
  return { allocated: (process.memoryUsage().heapUsed - before) / 100_000, armed: clock.armed - armed };
}

process.stdout.write(JSON.stringify(await subjects[process.argv[2]]()), () => process.exit());
