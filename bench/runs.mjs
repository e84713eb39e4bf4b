// What one run of an empty job costs, beside the bare timer and toad-scheduler. They take turns in one process, so that a
// machine that gets slower meanwhile is slower for all of them: compare the columns, not the figures of two days.
import { AsyncTask, SimpleIntervalJob, Task, ToadScheduler } from "toad-scheduler";
import { DeclarativeWorker, runAllWorkers, StaticBackoff } from "../dist/index.js";

const rounds = 5;
const warmUp = 1_000;
const slice = 1_500;
const backoff = new StaticBackoff({ sleep: "1s" });

let runs = 0;
const jobs = {
  sync: () => {
    runs++;
  },
  async: async () => {
    runs++;
  },
};

const peers = {
  setInterval(count, interval, kind) {
    const handles = Array.from({ length: count }, () => setInterval(() => jobs[kind](), interval));
    return () => handles.forEach(clearInterval);
  },
  "toad-scheduler"(count, interval, kind) {
    const scheduler = new ToadScheduler();
    for (let i = 0; i < count; i++) {
      const task = kind === "sync" ? new Task(`${i}`, jobs.sync) : new AsyncTask(`${i}`, jobs.async, () => {});
      scheduler.addIntervalJob(new SimpleIntervalJob({ milliseconds: interval }, task, { id: `${i}`, preventOverrun: true }));
    }
    return () => scheduler.stop();
  },
  watchbill(count, interval, kind) {
    const controller = new AbortController();
    const workers = Array.from(
      { length: count },
      (_, i) => new DeclarativeWorker({ name: `fleet/${i}`, job: jobs[kind], repeat: interval, retry: backoff }),
    );
    const running = runAllWorkers(workers, { signal: controller.signal });
    return async () => {
      controller.abort();
      await running;
    };
  },
};

/** CPU a run in ns, and the share of the due runs that were done: the medians of some rounds. */
export async function costOfRuns(count, interval, kind) {
  const figures = Object.fromEntries(Object.keys(peers).map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [peer, begin] of Object.entries(peers)) figures[peer].push(await measure(begin, count, interval, kind));
  }
  return Object.fromEntries(
    Object.entries(figures).map(([peer, measured]) => [
      peer,
      {
        "ns a run": Math.round(median(measured.map(({ ns }) => ns))),
        "% of due runs": round1(median(measured.map(({ share }) => share)) * 100),
      },
    ]),
  );
}

async function measure(begin, count, interval, kind) {
  const end = begin(count, interval, kind);
  // Until everything is compiled and has grown old: what a service costs is what it costs once it is warm.
  await sleep(warmUp);
  runs = 0;
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await sleep(slice);
  const elapsed = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  const done = runs;
  await end();
  return { ns: ((user + system) * 1_000) / done, share: done / ((count * elapsed) / interval) };
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function round1(value) {
  return Math.round(value * 10) / 10;
}
