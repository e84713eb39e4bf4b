// One replica, as a process of its own: runs the workers that it is told, and writes down what they do.
import { appendFileSync } from "node:fs";
import { bootstrap, DeclarativeWorker, StaticBackoff, type WorkerContext, wait } from "watchbill";
import { bullmq } from "watchbill/bullmq";
import { type Happening, isReplicaPlan, type WorkerPlan } from "./replica-plan.js";

const plan: unknown = JSON.parse(process.argv[2] ?? "");
if (!isReplicaPlan(plan)) throw new Error("A replica is given its plan as JSON");
const { connection, namespace, workers, log, lockDuration, stalledInterval } = plan;

/** At once and whole, so that nothing is missing when the process is killed. */
function note(what: Happening["what"], worker: string, attempt = 0): void {
  const happening: Happening = { at: Date.now(), pid: process.pid, worker, what, attempt };
  appendFileSync(log, `${JSON.stringify(happening)}\n`);
}

function declared({
  name,
  interval,
  lasts = 0,
  failures = 0,
  isLocal = false,
  startImmediately = false,
}: WorkerPlan): DeclarativeWorker {
  const backoff = new StaticBackoff({ sleep: "200ms" });
  const work = async ({ signal, attempt }: WorkerContext): Promise<void> => {
    note("begins", name, attempt);
    signal.addEventListener("abort", () => note("is aborted", name));
    const until = Date.now() + lasts;
    while (Date.now() < until && !signal.aborted) {
      // What it would do to the outside world.
      note("writes", name);
      // Whether that was cut short is asked for below, and written down.
      await wait(50, { signal }).catch(() => {});
    }
    if (signal.aborted) note("heeds", name);
    signal.throwIfAborted();
    if (attempt < failures) {
      note("fails", name, attempt);
      throw new Error(`attempt ${attempt} fails`);
    }
    note("ends", name, attempt);
  };
  const common = { name, distributed: !isLocal };
  return interval === undefined
    ? new DeclarativeWorker({ ...common, worker: work, retry: backoff })
    : new DeclarativeWorker({ ...common, job: work, repeat: { interval, startImmediately }, retryJob: backoff });
}

const engine = bullmq({ connection, namespace, lockDuration, stalledInterval });
const runner = bootstrap(workers.map(declared), { engine });
process.on("message", (message) => {
  if (message === "status") process.send?.(runner.status());
});
// What has started it is gone, and so is the database.
const leave = (): void => process.exit(1);
process.once("disconnect", leave);
await runner.run();
note("has stopped", "");
process.off("disconnect", leave);
process.disconnect?.();
