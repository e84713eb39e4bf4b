import { bootstrap, DeclarativeWorker, retryJob, StaticBackoff } from "../../dist/index.js";

const backoff = new StaticBackoff({ sleep: "1s" });
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Starts workers with a name, retry, health and status, and a runner that accepts commands. */
export function startWorkers(count, interval, jobOf) {
  const workers = Array.from(
    { length: count },
    (_, i) => new DeclarativeWorker({ name: `bench/${i}`, job: jobOf(i), repeat: interval, retry: backoff }),
  );
  const controller = new AbortController();
  const running = bootstrap(workers, { signal: controller.signal, logger: silent }).run();
  return () => {
    controller.abort();
    return running;
  };
}

export async function retryUntilSuccess(job) {
  const { signal } = new AbortController();
  await retryJob(job, new StaticBackoff({ sleep: 0 })).runOnce({ signal, logger: silent });
}
