// A replica in a process of its own: runs the workers of its plan, and logs what they do.
import { appendFileSync } from "node:fs";
import { bootstrap, DeclarativeWorker, StaticBackoff, type WorkerContext, wait } from "watchbill";
import { bullmq } from "watchbill/bullmq";
import { isReplicaPlan, type LoggedEvent, type WorkerPlan } from "./replica-plan.js";

const plan: unknown = JSON.parse(process.argv[2] ?? "");
if (!isReplicaPlan(plan)) throw new Error("The argument is not a plan: pass one as JSON");
const { connection, namespace, workers, log, lockDuration, stalledInterval, clockAhead = 0 } = plan;

/** Appends an event synchronously, so that none is missing when the process is killed. */
function logEvent(what: LoggedEvent["what"], worker: string, attempt = 0): void {
  const event: LoggedEvent = { at: Date.now() - clockAhead, pid: process.pid, worker, what, attempt };
  appendFileSync(log, `${JSON.stringify(event)}\n`);
}

function declared({
  name,
  interval,
  each,
  lasts = 0,
  failures = 0,
  isLocal = false,
  startImmediately = false,
}: WorkerPlan): DeclarativeWorker {
  const backoff = new StaticBackoff({ sleep: "200ms" });
  const work = async ({ signal, attempt }: WorkerContext): Promise<void> => {
    logEvent("begins", name, attempt);
    signal.addEventListener("abort", () => logEvent("is aborted", name));
    const until = Date.now() + lasts;
    while (Date.now() < until && !signal.aborted) {
      // Stands for a side effect.
      logEvent("writes", name);
      // The signal is checked below.
      await wait(50, { signal }).catch(() => {});
    }
    if (signal.aborted) logEvent("sees abort", name);
    signal.throwIfAborted();
    if (attempt < failures) {
      logEvent("fails", name, attempt);
      throw new Error(`attempt ${attempt} fails`);
    }
    logEvent("ends", name, attempt);
  };
  const common = { name, distributed: !isLocal };
  if (each !== undefined) {
    const schedule = { next: (after: Date) => new Date(Math.floor(after.getTime() / each) * each + each) };
    return new DeclarativeWorker({ ...common, job: work, repeat: { schedule, startImmediately }, retryJob: backoff });
  }
  return interval === undefined
    ? new DeclarativeWorker({ ...common, worker: work, retry: backoff })
    : new DeclarativeWorker({ ...common, job: work, repeat: { interval, startImmediately }, retryJob: backoff });
}

const engine = bullmq({ connection, namespace, lockDuration, stalledInterval });
const runner = bootstrap(workers.map(declared), { engine });
process.on("message", (message) => {
  if (message === "status") process.send?.(runner.status());
});
// The parent process is gone, and the database with it.
const exit = (): void => process.exit(1);
process.once("disconnect", exit);
await runner.run();
logEvent("has stopped", "");
process.off("disconnect", exit);
process.disconnect?.();
