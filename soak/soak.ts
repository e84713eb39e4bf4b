import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "watchbill";
import { ChaosDriver } from "./chaos-driver.js";
import { checkAllRespond, checkSecondRun, checkShutdown, checkStatus } from "./checks.js";
import { type Environment, FaultMode } from "./environment.js";
import type { Faults, Figures } from "./faults.js";
import { checkHeapTrend, type HeapSample, heapInUse, LeakCheck } from "./leak-check.js";
import { LoopClock } from "./loop-clock.js";
import { Random } from "./random.js";
import { RunLogs } from "./run-log.js";
import type { RunnerUnderTest } from "./runner-under-test.js";
import type { Settings } from "./settings.js";
import { createRunners } from "./sources.js";

/** How many watched objects of a kind may be reachable: the last few are, for example from the stack of an error that is kept. */
const reachableAtMost = 100;

/**
 * Discards all, and does not read `error.stack`: until it is read it references more objects, which the library must not keep.
 */
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Runs one soak with all its phases. Leaves nothing behind, and holds no memory after it. */
export async function soak(settings: Settings, faults: Faults, print: (line: string) => void): Promise<Figures> {
  const { duration, seed, workers } = settings;
  const clock = new LoopClock();
  const runLogs = new RunLogs(clock, faults);
  const leakCheck = new LeakCheck();
  const environment: Environment = { clock, faults, runLogs, faultMode: new FaultMode(), leakCheck };
  const random = new Random(seed);
  const runners = createRunners(workers, random, environment, { logger, signals: ["SIGTERM"] });
  const chaos = new ChaosDriver(runners, random, environment);

  const stopper = new AbortController();
  const running = runners[0].runner.run({ signal: stopper.signal });
  const outcome = running.then(
    () => undefined,
    (error: unknown) => error,
  );
  chaos.start();
  const sampler = startSampling(runners, chaos, environment, duration, print);
  const runEnded = new AbortController();
  void outcome.then(() => runEnded.abort());
  await sleep(duration, undefined, { signal: runEnded.signal }).catch(() => {});
  sampler.stop();
  chaos.stop();
  if (!runners[0].isRunning) faults.add("no lost worker", `run() has ended by itself: ${String(await outcome)}`);

  const responded = await checkAllRespond(runners, chaos, environment);
  const left = await leakCheck.left();
  for (const [kind, count] of left) if (count > reachableAtMost) faults.add("garbage", `${count} ${kind} are still reachable`);
  const trend = checkHeapTrend(sampler.samples, faults);
  const named = await checkShutdown(runners, outcome, stopper, environment);
  await checkSecondRun(runners, environment);
  clock.stop();
  return {
    "no overlap": `${runLogs.runs} runs, no two of a worker at a time`,
    "paused is paused": `${chaos.pauses} pauses`,
    "no lost worker": `${responded} workers responded after the chaos`,
    commands: `${chaos.sent} with a correct answer`,
    counts: `runs and failures in status() are those of the run logs, in ${sampler.statusChecks.count} comparisons`,
    shutdown: `${named} hung and were named, and no other`,
    "runs end": "every run that began has ended",
    "second run": "all were up, and stopped in time",
    garbage: `${[...left.values()].reduce((sum, count) => sum + count, 0)} of ${leakCheck.watched} are still reachable`,
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
  const { runLogs, faultMode, faults } = environment;
  const samples: HeapSample[] = [];
  const statusChecks = { count: 0 };
  const loopDelay = monitorEventLoopDelay();
  loopDelay.enable();
  const startedAt = performance.now();

  const checkAll = (): void => {
    statusChecks.count++;
    for (const runner of runners) checkStatus(runner, environment);
  };
  const printProgress = (): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const workers = runners.reduce((sum, { runner }) => sum + runner.workers.length, 0);
    const counts = `${runLogs.runs} runs  ${runLogs.failures} failures  ${faultMode.releases.size} hang  ${chaos.sent} commands`;
    const heap = `heap ${((samples.at(-1)?.heap ?? 0) / 1e6).toFixed(1)} MB`;
    const delay = `loop late by ${Math.round(loopDelay.max / 1e6)} ms at most`;
    print(`${`${seconds} s`.padStart(6)}  ${workers} workers  ${counts}  ${heap}  ${delay}  ${faults.count} faults`);
    loopDelay.reset();
  };
  // About 80 samples, but at most four a second: each blocks the event loop for a garbage collection.
  const sampling = Math.min(10_000, Math.max(250, duration / 80));
  const timers = [
    setInterval(checkAll, 1_000),
    setInterval(() => samples.push({ runs: runLogs.runs, heap: heapInUse() }), sampling),
    setInterval(printProgress, 10_000),
  ];
  const stop = (): void => {
    for (const timer of timers) clearInterval(timer);
    loopDelay.disable();
  };
  return { samples, statusChecks, stop };
}
