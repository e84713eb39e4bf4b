import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "watchbill";
import { ChaosDriver } from "./chaos-driver.js";
import { checkAllRespond, checkSecondRun, checkShutdown, checkStatus } from "./checks.js";
import { type Environment, Faults } from "./environment.js";
import { checkHeapTrend, type HeapSample, heapInUse, LeakCheck } from "./leak-check.js";
import { LoopClock } from "./loop-clock.js";
import { Random } from "./random.js";
import { RunLogs } from "./run-log.js";
import type { RunnerUnderTest } from "./runner-under-test.js";
import type { Settings } from "./settings.js";
import { createRunners } from "./sources.js";
import type { Check, Violations } from "./violations.js";

/** How many watched objects of a kind may be reachable: the last few are, for example from the stack of an error that is kept. */
const reachableAtMost = 100;

/** Discards all and never reads `error.stack`: until it is read it references more objects, which the library must not keep. */
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Runs one soak with all its phases, and returns what the checks have measured. Leaves nothing behind, and holds no memory. */
export async function soak(
  { duration, seed, workers }: Settings,
  violations: Violations,
  print: (line: string) => void,
): Promise<Partial<Record<Check, string>>> {
  const clock = new LoopClock();
  const runLogs = new RunLogs(clock, violations);
  const leakCheck = new LeakCheck();
  const environment: Environment = { clock, violations, runLogs, faults: new Faults(), leakCheck };
  const random = new Random(seed);
  const runners = createRunners(workers, random, environment, { logger, signals: ["SIGTERM"] });
  const chaos = new ChaosDriver(runners, random, environment);

  const stopper = new AbortController();
  const outcome = runners[0].runner.run({ signal: stopper.signal }).catch((error: unknown) => error);
  chaos.start();
  const sampler = startSampling(runners, chaos, environment, duration, print);
  await Promise.race([outcome, sleep(duration, undefined, { ref: false })]);
  sampler.stop();
  chaos.stop();
  if (!runners[0].isRunning) violations.add("no lost worker", `run() has ended by itself: ${String(await outcome)}`);

  const responded = await checkAllRespond(runners, chaos, environment);
  const left = await leakCheck.left();
  for (const [kind, count] of left)
    if (count > reachableAtMost) violations.add("garbage", `${count} ${kind} are still reachable`);
  const trend = checkHeapTrend(sampler.samples, violations);
  const named = await checkShutdown(runners, outcome, stopper, environment);
  await checkSecondRun(runners, environment);
  clock.stop();
  return {
    "no overlap": `${runLogs.runs} runs`,
    "paused is paused": `${chaos.pauses} pauses`,
    "no lost worker": `${responded} workers`,
    commands: `${chaos.sent} commands`,
    counts: `${sampler.statusChecks} comparisons`,
    shutdown: `${named} hung`,
    garbage: `${[...left.values()].reduce((sum, count) => sum + count, 0)} of ${leakCheck.watched}`,
    "heap, slope": trend,
  };
}

/** Checks `status()`, samples the heap and prints a progress line, each at an interval. */
function startSampling(
  runners: readonly RunnerUnderTest[],
  chaos: ChaosDriver,
  environment: Environment,
  duration: number,
  print: (line: string) => void,
) {
  const { runLogs, faults, violations } = environment;
  const loopDelay = monitorEventLoopDelay();
  loopDelay.enable();
  const startedAt = performance.now();
  const samples: HeapSample[] = [];
  const sampler = { samples, statusChecks: 0, stop };

  const checkAll = (): void => {
    sampler.statusChecks++;
    for (const runner of runners) checkStatus(runner, environment);
  };
  const printProgress = (): void => {
    const seconds = `${Math.round((performance.now() - startedAt) / 1_000)} s`.padStart(6);
    const workers = runners.reduce((sum, { runner }) => sum + runner.workers.length, 0);
    const runs = `${runLogs.runs} runs  ${runLogs.failures} failures  ${faults.releases.size} hang`;
    const heap = `heap ${((samples.at(-1)?.heap ?? 0) / 1e6).toFixed(1)} MB`;
    const delay = `loop late by ${Math.round(loopDelay.max / 1e6)} ms at most`;
    print(`${seconds}  ${workers} workers  ${runs}  ${chaos.sent} commands  ${heap}  ${delay}  ${violations.count} violations`);
    loopDelay.reset();
  };
  // About 80 samples, but at most four a second: each blocks the event loop for a garbage collection.
  const sampling = Math.min(10_000, Math.max(250, duration / 80));
  const timers = [
    setInterval(checkAll, 1_000),
    setInterval(() => samples.push({ runs: runLogs.runs, heap: heapInUse() }), sampling),
    setInterval(printProgress, 10_000),
  ];
  function stop(): void {
    for (const timer of timers) clearInterval(timer);
    loopDelay.disable();
  }
  return sampler;
}
