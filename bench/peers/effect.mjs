import { Effect, Fiber, Schedule } from "effect";

export function startWorkers(count, interval, jobOf, kind) {
  const schedule = Schedule.fixed(interval);
  const fibers = Array.from({ length: count }, (_, i) => {
    const run = kind === "async" ? Effect.promise(jobOf(i)) : Effect.sync(jobOf(i));
    return Effect.runFork(Effect.schedule(run, schedule));
  });
  return () => Effect.runPromise(Fiber.interruptAll(fibers));
}

export function retryUntilSuccess(job) {
  const attempt = Effect.tryPromise({ try: job, catch: (error) => error });
  return Effect.runPromise(Effect.retry(attempt, Schedule.forever));
}
