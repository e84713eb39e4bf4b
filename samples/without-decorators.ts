/*
 * Everything that decorators do can be written as plain values and functions: there is no need for a class, or a decorator.
 *
 *     node --import tsx samples/without-decorators.ts
 */
import {
  bootstrap,
  DeclarativeWorker,
  named,
  repeat,
  retryJob,
  runAllWorkers,
  StaticBackoff,
  stopped,
  type WorkerContext,
} from "watchbill";

const backoff = new StaticBackoff({ sleep: "10ms" });

// 1. Fields: the same workers as with decorators, the same runner with signals, status and a deadline for stopping.

let beats = 0;

const heart = new DeclarativeWorker({
  name: "heart",
  job: () => {
    console.log(`beat ${++beats}`);
    if (beats === 3) void runner.stop();
  },
  repeat: "30ms",
  retry: backoff,
});

const lungs = new DeclarativeWorker({
  name: "lungs",
  worker: async ({ name, signal }) => {
    console.log(`${name} breathe in`);
    // Resolves when the signal aborts.
    await stopped(signal);
    console.log(`${name} breathe out`);
  },
});

const runner = bootstrap([heart, lungs]);
await runner.run();

// 2. Functions: links that you chain by hand, around any worker or job.

let visits = 0;
const controller = new AbortController();

function visit({ name, attempt }: WorkerContext): void {
  visits++;
  if (visits === 1) throw new Error("no one at home");
  console.log(`${name}: visit ${visits}, attempt ${attempt}`);
  if (visits === 3) controller.abort();
}

// Read it from the inside: a visit that fails is tried again; that every 30 ms; under a name.
const doctor = named(repeat("30ms", retryJob(visit, backoff)), "doctor");

// What fails is logged, to stderr by default.
await runAllWorkers([doctor], { signal: controller.signal });
console.log("All have stopped");
