// What a hundred thousand workers cost: run with `npm run bench`, which builds first and exposes the garbage collector.
import { bootstrap, DeclarativeWorker, StaticBackoff } from "../dist/index.js";

const count = 100_000;
const backoff = new StaticBackoff({ sleep: "1s" });
const job = () => {};

export async function scale() {
  const empty = heapUsed();
  const { value: workers, ms: declare } = timed(() =>
    Array.from({ length: count }, (_, i) => new DeclarativeWorker({ name: `fleet/${i}`, job, repeat: "1h", retry: backoff })),
  );
  const declared = heapUsed();
  const controller = new AbortController();
  const { value: running, ms: start } = timed(() => bootstrap(workers, { signal: controller.signal }).run());
  const started = heapUsed();
  const { ms: stop } = timed(() => controller.abort());
  await running;
  return {
    workers: count,
    "declare (ms)": Math.round(declare),
    "bootstrap and start (ms)": Math.round(start),
    "stop (ms)": Math.round(stop),
    "heap declared (B each)": Math.round((declared - empty) / count),
    "heap running (B each)": Math.round((started - declared) / count),
  };
}

function timed(run) {
  const begun = performance.now();
  const value = run();
  return { value, ms: performance.now() - begun };
}

function heapUsed() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
