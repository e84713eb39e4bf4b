// Run by scale.spec.ts with --expose-gc in its own process; prints its measurements as JSON.
import { bootstrap, DeclarativeWorker, StaticBackoff } from "watchbill";

const count = 100_000;

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** The duration, in ms. */
function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** The minimum for any solution: as many Node timers, set and cleared. */
function baseline(): number {
  const handles: NodeJS.Timeout[] = [];
  return timed(() => {
    for (let index = 0; index < count; index++) handles.push(setTimeout(() => {}, 3_600_000 + index));
    for (const handle of handles) clearTimeout(handle);
  });
}

const job = () => {};
const backoff = new StaticBackoff({ sleep: "1s" });
const stop = new AbortController();

baseline();
const baselineMs = baseline();
const before = heapUsed();
const workers = Array.from(
  { length: count },
  (_, index) => new DeclarativeWorker({ name: `worker ${index}`, job, repeat: "1h", retry: backoff }),
);
let running = Promise.resolve();
const startMs = timed(() => {
  running = bootstrap(workers, { signal: stop.signal }).run();
});
const bytes = (heapUsed() - before) / count;
const stopMs = timed(() => stop.abort());
await running;
console.log(JSON.stringify({ workers: workers.length, bytes, baselineMs, startMs, stopMs }));
