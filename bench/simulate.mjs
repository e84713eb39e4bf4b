// Prints how long simulations take: `npm run build && node bench/simulate.mjs`. Each is run three times; the fastest counts, as the
// first has to be compiled and the machine may be busy.

import { cron } from "../dist/cron/cron.js";
import { DeclarativeWorker, ExponentialBackoff } from "../dist/index.js";
import { simulate } from "../dist/testing/testing.js";

const retry = new ExponentialBackoff({ initial: "1s", max: "5m", jitterProportion: 0.5 });
const job = () => {};
const worker = (index, repeat) => new DeclarativeWorker({ name: `worker/${index}`, job, repeat, retry });
const workersOf = (count, repeatOf) => Array.from({ length: count }, (_, index) => worker(index, repeatOf(index)));

const mixed = ["10s", "1m", cron("*/5 * * * *"), { interval: "30s", jitter: "5s" }, cron("0 3 * * *")];

/** The limits are those of the design, in seconds. */
const simulations = [
  { what: "a mixed day of 50 workers", limit: 0.5, workers: workersOf(50, (index) => mixed[index % 5]), length: "1d" },
  {
    what: "a year of 50 nightly crons",
    limit: 1,
    workers: workersOf(50, (index) => cron(`${index} 3 * * *`, { timezone: "Europe/Berlin" })),
    length: "365d",
  },
  { what: "a day of 1,000 workers", limit: 10, workers: workersOf(1_000, (index) => (30 + (index % 600)) * 1_000), length: "1d" },
];

for (const { what, limit, workers, length } of simulations) {
  let fastest = Number.POSITIVE_INFINITY;
  let runs = 0;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    const day = await simulate(workers, { for: length, outages: { "worker/1*": "02:00-03:00" } });
    fastest = Math.min(fastest, performance.now() - start);
    runs = day.timeline.workers.reduce((sum, { counts }) => sum + counts.runs, 0);
  }
  const heap = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
  console.log(`${what}: ${runs} runs in ${(fastest / 1_000).toFixed(2)} s (aim: ${limit} s), heap ${heap} MB`);
}
