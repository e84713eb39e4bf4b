import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { ShutdownTimeoutError, ThrownValueError, TimeoutError, type WorkerStatus, WorkersFailedError } from "watchbill";
import type { ChaosDriver } from "./chaos-driver.js";
import type { Environment } from "./environment.js";
import { type RunnerUnderTest, shutdownTimeout, type TrackedWorker } from "./runner-under-test.js";
import { PlannedError } from "./workloads.js";

/** Times on the clock of the event loop, in ms. */
const limits = {
  /** How long a worker may be inactive, and a removed one remain after its run. A group may wait for two members that hang. */
  inactive: 20_000,
  /** How long the workers may take to respond while none hangs. */
  respond: 12_000,
  settle: 10_000,
  runsEnd: 5_000,
};

/** At any moment: compares the runner's `status()` with the tracked workers. */
export function checkStatus(runner: RunnerUnderTest, environment: Environment): void {
  const rows = new Map(runner.runner.status().map((row) => [row.name, row]));
  rows.delete("probe");
  runner.updateRemoved();
  for (const worker of runner.workers) {
    const row = rows.get(worker.name);
    rows.delete(worker.name);
    checkPresence(worker, row, environment);
    if (worker.state !== "present" || row === undefined) continue;
    checkCounts(worker, row, environment);
    if (runner.isRunning) checkActivity(worker, row, environment);
  }
  for (const name of rows.keys()) environment.violations.add("no lost worker", `${name} is present, but was not added`);
}

function checkPresence(worker: TrackedWorker, row: WorkerStatus | undefined, { clock, violations }: Environment): void {
  const { name, state, removedAt, activeAt, isRunning } = worker;
  if (state === "present" && row === undefined) violations.add("no lost worker", `${name} has vanished`);
  if (state === "removed" && row !== undefined) violations.add("no lost worker", `${name} was removed, and is present again`);
  if (state !== "leaving" || isRunning || clock.now - Math.max(removedAt, activeAt) <= limits.inactive) return;
  violations.add("commands", `${name} was removed and has stopped, and is still present`);
}

function checkCounts({ name, logs, traits }: TrackedWorker, row: WorkerStatus, { violations }: Environment): void {
  const { counts = "equal", timeout } = traits;
  const [log] = logs;
  if (counts === "none" || log === undefined) return;
  const { runs, failures, uncertain, isOpen } = log;
  // A run in progress may have exceeded its timeout by the library's clock only.
  const most = failures + uncertain + (isOpen && timeout !== undefined ? 1 : 0);
  const isRight =
    counts === "equal"
      ? row.runs === runs && row.failures >= failures && row.failures <= most
      : row.runs <= runs && row.failures <= failures;
  if (isRight) return;
  const seen = `${runs} runs, ${failures === most ? failures : `${failures} to ${most}`} failures`;
  violations.add("counts", `${name}: status() has ${row.runs} runs, ${row.failures} failures; its code had ${seen}`);
}

function checkActivity(worker: TrackedWorker, { phase }: WorkerStatus, { clock, violations }: Environment): void {
  const inactive = clock.now - worker.activeAt;
  if (inactive <= limits.inactive || worker.isCompleted || (worker.isPaused && phase === "paused")) return;
  violations.add("no lost worker", `${worker.name} is ${phase}, and was inactive for ${Math.round(inactive)} ms`);
}

/**
 * After the chaos: turns faults off, and checks that every command settles, that all workers become present and resumed, and that
 * each shows new activity. Returns how many do.
 */
export async function checkAllRespond(
  runners: readonly RunnerUnderTest[],
  chaos: ChaosDriver,
  { clock, violations, faults }: Environment,
): Promise<number> {
  const workers = (): TrackedWorker[] => runners.flatMap((runner) => runner.workers);
  const restoreUntil = async (condition: () => boolean): Promise<void> => {
    const restore = (): boolean => {
      chaos.restoreWorkers(0);
      return condition();
    };
    await clock.until(restore, limits.respond, 250);
  };
  const isReady = ({ state, isPaused }: TrackedWorker): boolean => state === "present" && !isPaused;

  faults.turnOff();
  const sent = [...chaos.pending];
  const unsettled = () => sent.filter(([answer]) => chaos.pending.has(answer));
  await restoreUntil(() => unsettled().length === 0);
  for (const [, command] of unsettled()) violations.add("commands", `${command} did not settle`);
  await restoreUntil(() => workers().every(isReady));
  const since = clock.now;
  const missing = () => workers().filter((worker) => !isReady(worker) || worker.activeAt <= since);
  await restoreUntil(() => missing().length === 0);
  for (const { name, state } of missing()) violations.add("no lost worker", `${name} is ${state}, and has not responded`);
  return workers().length - missing().length;
}

/**
 * Aborts the signal of `run()` while some runs hang endlessly, and checks that the error names exactly the hung workers. Releases
 * them, and checks that all runs end. Returns how many workers were named.
 * @param outcome resolves with the error of `run()`, or undefined
 */
export async function checkShutdown(
  runners: readonly RunnerUnderTest[],
  outcome: Promise<unknown>,
  stopper: AbortController,
  environment: Environment,
): Promise<number> {
  const { clock, violations, runLogs, faults } = environment;
  faults.areOff = false;
  faults.areHangsEndless = true;
  await clock.until(() => faults.releases.size >= 5, 10_000);
  const stoppedAt = performance.now();
  stopper.abort();
  const errors = [...flatten(await outcomeOf(outcome, environment))];
  const hung = new Set([...runLogs.open].map(({ name }) => name));
  const named = new Set(errors.flatMap((each) => (each instanceof ShutdownTimeoutError ? each.workers : [])));
  const logs = runners.flatMap(({ probeLog, workers }) => [probeLog, ...workers.flatMap((worker) => worker.logs)]);
  // A worker that is named may have stopped after its own deadline, but before that of the last worker.
  const late = new Set(logs.filter(({ lastEnd }) => lastEnd.at >= stoppedAt + shutdownTimeout).map(({ name }) => name));
  for (const error of errors) if (!isExpected(error, stoppedAt)) violations.add("shutdown", `run() ended with ${String(error)}`);
  for (const name of hung) if (!named.has(name)) violations.add("shutdown", `${name} hangs, and was not named`);
  for (const name of named)
    if (!hung.has(name) && !late.has(name)) violations.add("shutdown", `${name} was named as hung, and had stopped`);
  checkListeners(stopper.signal, environment);
  faults.turnOff();
  await checkNothingRuns(runners, environment);
  return named.size;
}

/** Runs all once more without faults, with a signal that never aborts, and stops them with `stop()`: there is no error. */
export async function checkSecondRun(
  runners: readonly [RunnerUnderTest, ...RunnerUnderTest[]],
  environment: Environment,
): Promise<void> {
  const { clock, violations } = environment;
  const { runner } = runners[0];
  const { signal } = new AbortController();
  const running = runner.run({ signal });
  await clock.until(() => false, 1_000);
  if (!runners.every(({ isRunning }) => isRunning)) violations.add("second run", "not all runners were up after a second");
  const stopped = runner.stop();
  for (const outcome of [await outcomeOf(running, environment), await outcomeOf(stopped, environment)])
    if (outcome !== undefined) violations.add("second run", `ended with ${inspect(outcome)}`);
  checkListeners(signal, environment);
  await checkNothingRuns(runners, environment);
}

function checkListeners(signal: AbortSignal, { violations }: Environment): void {
  const { length } = getEventListeners(signal, "abort");
  if (length > 0) violations.add("listeners", `${length} on the signal that was passed to run()`);
}

/** Waits until the last run has ended, and compares the counts of all workers for the last time. */
async function checkNothingRuns(runners: readonly RunnerUnderTest[], environment: Environment): Promise<void> {
  const { clock, violations, runLogs } = environment;
  await clock.until(() => runLogs.open.size === 0, limits.runsEnd);
  for (const { name } of runLogs.open) violations.add("runs end", `${name} has begun a run that does not end`);
  for (const runner of runners) {
    checkStatus(runner, environment);
    for (const { name, phase } of runner.runner.status())
      if (phase !== "stopped") violations.add("shutdown", `${name} is ${phase} after all has stopped`);
  }
}

/** What the promise resolves to or rejects with, or "pending" after a time limit. */
async function outcomeOf(promise: Promise<unknown>, { clock }: Environment): Promise<unknown> {
  let outcome: unknown = "pending";
  const settle = (value: unknown): void => {
    outcome = value;
  };
  promise.then(settle, settle);
  await clock.until(() => outcome !== "pending", limits.settle);
  return outcome;
}

/** The error itself, or the errors inside a {@link WorkersFailedError}. */
function* flatten(error: unknown): Generator<unknown> {
  if (error instanceof WorkersFailedError) for (const each of error.errors) yield* flatten(each);
  else if (error !== undefined) yield error;
}

/** Whether a worker may fail with that error while it is stopped. */
function isExpected(error: unknown, stoppedAt: number): boolean {
  if (error instanceof PlannedError) return error.log.lastEnd.at >= stoppedAt;
  return error instanceof ShutdownTimeoutError || error instanceof ThrownValueError || error instanceof TimeoutError;
}
