/*
 * A job that fails is tried again, more and more patiently.
 *
 *     node --import tsx samples/repeat-and-retry.ts
 */
import { bootstrap, ExponentialBackoff, type Logger, Repeat, Retry, type WorkerContext } from "watchbill";

// 20, 40, 80 ms, then no longer than 80. In production add a jitterProportion, so that a fleet does not retry in step.
const backoff = new ExponentialBackoff({ initial: "20ms", max: "80ms" });

class Weather {
  #run = 0;

  // A failed run ends the worker, and @Retry starts it again. The order in which the decorators are written is of no account.
  @Retry(backoff)
  @Repeat("50ms", { startImmediately: true })
  fetchForecast({ attempt }: WorkerContext) {
    this.#run++;
    // `attempt` counts the failures in a row that came before this run.
    if (this.#run <= 3) throw new Error(`HTTP 503 (run ${this.#run}, attempt ${attempt})`);

    console.log(`sunny (run ${this.#run}, attempt ${attempt})`);
    if (this.#run === 5) void runner.stop();
  }
}

// Anything that is shaped like a pino logger will do. Without one, failures go to stderr with their stacks. The first failure of
// a kind
// is a warning; while it lasts, the same again has level debug.
const logger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (entry: object | string, message?: string) => {
    const { worker, err }: { worker?: string; err?: Error } = Object(entry);
    console.log(`${worker} ${message}: ${err?.message}`);
  },
  error: console.error,
};

const runner = bootstrap([Weather], { logger });
await runner.run();

for (const { name, health, runs, failures, lastError } of runner.status()) {
  console.log(`${name} is ${health} after ${runs} runs, ${failures} of which failed; the last error was "${lastError}"`);
}
