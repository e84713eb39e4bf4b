// Run by scale.spec.ts with --expose-gc in a process of its own; writes what it measured as JSON.
import { bootstrap, DeclarativeWorker, StaticBackoff } from "watchbill";

const count = 100_000;

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** How long it takes, in ms. */
function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** What any solution at least has to do: as many timers of Node's own, set and cleared. */
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
