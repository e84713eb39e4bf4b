import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { ShutdownTimeoutError, ThrownValueError, TimeoutError, type WorkerStatus, WorkersFailedError } from "watchbill";
import type { ChaosDriver } from "./chaos-driver.js";
import type { Environment } from "./environment.js";
import type { LoopClock } from "./loop-clock.js";
import { type RunnerUnderTest, shutdownTimeout, type TrackedWorker } from "./runner-under-test.js";
import type { Violations } from "./violations.js";
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

/** The checks of the state of the runners. */
export class StateChecks {
  constructor(
    private readonly runners: readonly [RunnerUnderTest, ...RunnerUnderTest[]],
    private readonly chaos: ChaosDriver,
    private readonly environment: Environment,
  ) {}

  /** At any moment: compares the `status()` of each runner with the tracked workers. */
  checkStatus(): void {
    const { clock, violations } = this.environment;
    for (const runner of this.runners) {
      // In the order of the workers, whose names do not have that of the runner in front.
      const { workers } = runner.runner;
      const rows = new Map(runner.runner.status().map((row, index) => [workers[index]?.name ?? "", row]));
      rows.delete("probe");
      runner.updateRemoved();
      for (const worker of runner.workers) {
        const { name, state, log, pausedAt, isRunning, activeAt } = worker;
        const inactive = clock.now - activeAt;
        const isInactive = inactive > limits.inactive;
        const row = rows.get(name);
        rows.delete(name);
        if (row === undefined) {
          if (state === "present") violations.add("no lost worker", `${name} has vanished`);
        } else if (state === "removed") {
          violations.add("no lost worker", `${name} was removed, and is present again`);
        } else if (state === "leaving") {
          if (isInactive && !isRunning) violations.add("commands", `${name} was removed and has stopped, and is still present`);
        } else {
          checkCounts(worker, row, violations);
          if (isInactive && runner.isRunning && !log.isCompleted && !(pausedAt <= clock.now && row.phase === "paused"))
            violations.add("no lost worker", `${name} is ${row.phase}, and was inactive for ${Math.round(inactive)} ms`);
        }
      }
      for (const name of rows.keys()) violations.add("no lost worker", `${name} is present, but was not added`);
    }
  }

  /**
   * After the chaos: turns faults off, and checks that every command settles, that all workers become present and resumed, and
   * that each shows new activity.
   */
  async checkAllRespond(): Promise<void> {
    const { chaos } = this;
    const { clock, violations, faults } = this.environment;
    const restoring = setInterval(() => chaos.restoreWorkers(0), 250);
    faults.turnOff();
    const sent = [...chaos.pending];
    const unsettled = () => sent.filter(([answer]) => chaos.pending.has(answer));
    await clock.until(() => unsettled().length === 0, limits.respond);
    for (const [, command] of unsettled()) violations.add("commands", `${command} did not settle`);

    const workers = () => this.runners.flatMap((runner) => runner.workers);
    const isReady = ({ state, pausedAt }: TrackedWorker): boolean => state === "present" && pausedAt > clock.now;
    await clock.until(() => workers().every(isReady), limits.respond);
    const since = clock.now;
    const missing = () => workers().filter((worker) => !isReady(worker) || worker.activeAt <= since);
    await clock.until(() => missing().length === 0, limits.respond);
    clearInterval(restoring);
    for (const { name, state } of missing()) violations.add("no lost worker", `${name} is ${state}, and has not responded`);
  }

  /**
   * Aborts the signal of `run()` while some runs hang endlessly, and checks that the error names exactly the hung workers.
   * Releases them, and checks that all runs end.
   * @param outcome resolves with the error of `run()`, or undefined
   */
  async checkShutdown(outcome: Promise<unknown>, stopper: AbortController): Promise<void> {
    const { clock, violations, runLogs, faults } = this.environment;
    faults.areOff = false;
    faults.areHangsEndless = true;
    await clock.until(() => faults.hanging.size >= 5, 10_000);
    const stoppedAt = performance.now();
    stopper.abort();
    const errors = flatten(await outcomeOf(outcome, clock));
    const hung = new Set([...runLogs.open].map(({ name }) => name));
    const named = new Set(errors.flatMap((each) => (each instanceof ShutdownTimeoutError ? each.workers : [])));
    const logs = this.runners.flatMap(({ probeLog, workers }) => [probeLog, ...workers.flatMap((worker) => worker.logs)]);
    // A worker that is named may have stopped after its own deadline, but before that of the last worker.
    const late = new Set(logs.filter(({ lastEnd }) => lastEnd.at >= stoppedAt + shutdownTimeout).map(({ name }) => name));
    for (const error of errors)
      if (!isExpected(error, stoppedAt)) violations.add("shutdown", `run() ended with ${String(error)}`);
    for (const name of hung) if (!named.has(name)) violations.add("shutdown", `${name} hangs, and was not named`);
    for (const name of named)
      if (!hung.has(name) && !late.has(name)) violations.add("shutdown", `${name} was named as hung, and had stopped`);
    faults.turnOff();
    await this.#checkAllStopped(stopper.signal);
  }

  /** Runs all once more without faults, with a signal that never aborts, and stops them with `stop()`: there is no error. */
  async checkSecondRun(): Promise<void> {
    const { clock, violations } = this.environment;
    const { runner } = this.runners[0];
    const { signal } = new AbortController();
    const running = runner.run({ signal });
    await clock.until(() => false, 1_000);
    if (!this.runners.every(({ isRunning }) => isRunning)) violations.add("second run", "not all runners were up after a second");
    const stopped = runner.stop();
    for (const outcome of [await outcomeOf(running, clock), await outcomeOf(stopped, clock)])
      if (outcome !== undefined) violations.add("second run", `ended with ${inspect(outcome)}`);
    await this.#checkAllStopped(signal);
  }

  /** Waits until the last run has ended, and checks the signal that was passed to `run()`, all counts and all phases. */
  async #checkAllStopped(signal: AbortSignal): Promise<void> {
    const { clock, violations, runLogs } = this.environment;
    const { length } = getEventListeners(signal, "abort");
    if (length > 0) violations.add("listeners", `${length} on the signal that was passed to run()`);
    await clock.until(() => runLogs.open.size === 0, limits.runsEnd);
    for (const { name } of runLogs.open) violations.add("runs end", `${name} has begun a run that does not end`);
    this.checkStatus();
    for (const { name, phase } of this.runners.flatMap(({ runner }) => runner.status()))
      if (phase !== "stopped") violations.add("shutdown", `${name} is ${phase} after all has stopped`);
  }
}

function checkCounts({ name, log, traits }: TrackedWorker, row: WorkerStatus, violations: Violations): void {
  const { counts = "equal", timeout } = traits;
  if (counts === "none") return;
  const { runs, failures, uncertain, isOpen } = log;
  // A run in progress may have exceeded its timeout by the library's clock only.
  const most = failures + uncertain + (isOpen && timeout !== undefined ? 1 : 0);
  const isRight = counts === "equal" ? row.runs === runs && row.failures >= failures : row.runs <= runs;
  if (isRight && row.failures <= most) return;
  const seen = `${runs} runs, ${failures === most ? failures : `${failures} to ${most}`} failures`;
  violations.add("counts", `${name}: status() has ${row.runs} runs, ${row.failures} failures; its code had ${seen}`);
}

/** What the promise resolves to or rejects with, or "pending" after a time limit. */
async function outcomeOf(promise: Promise<unknown>, clock: LoopClock): Promise<unknown> {
  let outcome: unknown = "pending";
  const settle = (value: unknown): void => {
    outcome = value;
  };
  promise.then(settle, settle);
  await clock.until(() => outcome !== "pending", limits.settle);
  return outcome;
}

/** The error itself, or the errors inside a {@link WorkersFailedError}; none for undefined. */
function flatten(error: unknown): unknown[] {
  if (error instanceof WorkersFailedError) return error.errors.flatMap(flatten);
  return error === undefined ? [] : [error];
}

/** Whether a worker may fail with that error while it is stopped. */
function isExpected(error: unknown, stoppedAt: number): boolean {
  if (error instanceof PlannedError) return error.log.lastEnd.at >= stoppedAt;
  return error instanceof ShutdownTimeoutError || error instanceof ThrownValueError || error instanceof TimeoutError;
}
