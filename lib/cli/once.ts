import { DeclarativeWorker, observe, type Runner } from "../index.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { findWorker, loadWorkers } from "./module-workers.js";
import { exitCodeOf, onStopSignals, type StopSignal } from "./stop-signals.js";
import { printable } from "./table.js";
import type { Terminal } from "./terminal.js";
import { formatDuration } from "./times.js";

export interface OnceOptions {
  readonly json?: boolean | undefined;
}

interface RunResult {
  readonly name: string;
  readonly outcome: "done" | "failed" | "stopped";
  /** In ms. */
  readonly duration: number;
  readonly attempts: number;
  readonly error: string | null;
}

/** So long that it never comes: the one run is triggered. */
const never = 365 * 86_400_000;

/**
 * Runs a repeated worker of a module once, with its retries and its timeout, and without its schedule. A distributed worker runs
 * here, whether another replica runs it or not.
 */
export async function once(module: string, name: string, options: OnceOptions, terminal: Terminal): Promise<number> {
  const { runner: loaded } = await loadWorkers(module);
  const { worker, runner } = findWorker(loaded, name);
  const { job, timeout, retryJob, shutdownTimeout } = worker;
  if (job === undefined)
    throw new CommandError(exitCodes.usage, `${printable(name)} is a continuous worker: once is for those that are repeated`);
  for (const other of runner.status()) await runner.remove(other.name);
  const alone = new DeclarativeWorker({ name, job, timeout, retryJob, shutdownTimeout, repeat: never });
  runner.add(alone);
  const { signal, result } = await runOnce(runner, name);
  if (options.json === true) terminal.printJson(result);
  else terminal.print(describe(result, signal));
  if (signal !== undefined && result.outcome === "stopped") return exitCodeOf(signal);
  return result.outcome === "done" ? exitCodes.ok : exitCodes.failed;
}

async function runOnce(runner: Runner, name: string): Promise<{ signal: StopSignal | undefined; result: RunResult }> {
  let attempts = 0;
  let signal: StopSignal | undefined;
  const unobserve = observe("watchbill:run", {
    start: ({ worker }) => {
      if (worker === name) attempts++;
    },
    end: () => {},
  });
  const unsubscribe = onStopSignals(["SIGINT", "SIGTERM"], (received) => {
    signal = received;
    void runner.stop().catch(() => {});
  });
  const start = performance.now();
  // What it rejects with is the error of the run, or that of a stop which takes too long.
  const running = runner.run().then(
    () => undefined,
    (error: unknown) => error,
  );
  let failure: unknown;
  let hasFailed = false;
  try {
    await runner.trigger(name, { by: "watchbill once" });
  } catch (error) {
    failure = error;
    hasFailed = true;
  }
  const duration = Math.round(performance.now() - start);
  await runner.stop().catch(() => {});
  const ofRunner = await running;
  unsubscribe();
  unobserve();
  const wasStopped = signal !== undefined && hasFailed;
  const outcome = wasStopped ? "stopped" : hasFailed || ofRunner !== undefined ? "failed" : "done";
  const error = outcome === "failed" ? describeError(hasFailed ? failure : ofRunner) : null;
  return { signal, result: { name, outcome, duration, attempts, error } };
}

function describe({ name, outcome, duration, attempts, error }: RunResult, signal: StopSignal | undefined): string {
  const after = `${attempts > 1 ? ` after ${attempts} attempts` : ""} in ${formatDuration(duration)}`;
  const why = outcome === "stopped" ? ` by ${signal}` : error === null ? "" : `: ${error}`;
  return `${printable(name)}: ${outcome}${outcome === "stopped" ? why : `${after}${why}`}`;
}

function describeError(error: unknown): string {
  return printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
