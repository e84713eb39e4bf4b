/**
 * The soak test: `npm run soak -- 30m` runs thousands of workers of every kind in real time. Their runs succeed, fail, hang and
 * time out, random commands trigger, pause, resume, restart, remove and add them, and the event loop is blocked from time to
 * time. Then faults are turned off and every worker must respond, the runner is stopped while some runs hang, and all is run and
 * stopped once more.
 *
 * `violations.ts` lists what is checked. The checks are in `checks.ts` (the state of the runner), `command.ts` (the answers to
 * commands), `run-log.ts` (the runs) and `leak-check.ts` (memory and the process).
 *
 * The exit code is 0 if all checks hold, 1 if one fails, 2 if the arguments are invalid.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ChaosDriver } from "./chaos-driver.js";
import { StateChecks } from "./checks.js";
import { Environment } from "./environment.js";
import { checkHeapTrend, collectGarbage, type HeapSample, heapAtRest, heapInUse, watchProcess } from "./leak-check.js";
import { type Settings, settingsFrom } from "./settings.js";
import { createRunners } from "./sources.js";
import { Violations } from "./violations.js";

/** How much V8 keeps of code that it has compiled meanwhile, in bytes. The workers themselves take several times as much. */
const heapTolerance = 3_000_000;

async function main(settings: Settings): Promise<number> {
  const { duration, workers, seed } = settings;
  console.log(`soak: ${workers} workers for ${duration / 1_000} s, seed ${seed}, Node ${process.version}`);
  const violations = new Violations();
  const checkProcess = watchProcess(violations);
  // A short soak first, so that what a process creates only once does not look like a leak.
  await soak({ ...settings, duration: Math.min(2_000, duration) }, violations);
  const heapBefore = await heapAtRest();
  await soak(settings, violations);
  const growth = (await heapAtRest()) - heapBefore;
  checkProcess();

  if (growth > heapTolerance) violations.add("heap, after", `${Math.round(growth / 1_000)} KB`);
  for (const line of violations.report()) console.log(line);
  const command = `npm run soak -- ${duration / 1_000}s --workers ${workers} --seed ${seed}`;
  const isPassed = violations.count === 0;
  console.log(isPassed ? "passed" : `FAILED: ${command} has the same workers and commands, but not the same timing`);
  return isPassed ? 0 : 1;
}

/** Runs one soak with all its phases. Leaves nothing behind, and holds no memory. */
async function soak({ duration, seed, workers }: Settings, violations: Violations): Promise<void> {
  const environment = new Environment(violations, seed);
  const { clock, faults, leakCheck, runLogs } = environment;
  const runners = createRunners(workers, environment);
  const chaos = new ChaosDriver(runners, environment);
  const checks = new StateChecks(runners, chaos, environment);
  const stopper = new AbortController();
  const outcome = runners[0].runner.run({ signal: stopper.signal }).catch((error: unknown) => error);

  chaos.start();
  const samples: HeapSample[] = [];
  const printProgress = (): void => {
    const runs = `${runLogs.runs} runs  ${runLogs.failures} failures  ${faults.hanging.size} hang  ${chaos.sent} commands`;
    console.log(`${process.uptime().toFixed().padStart(6)} s  ${runs}  ${violations.count} violations`);
  };
  // About 80 samples, but at most four a second: each blocks the event loop for a garbage collection.
  const sampling = Math.min(10_000, Math.max(250, duration / 80));
  const timers = [
    setInterval(() => checks.checkStatus(), 1_000),
    setInterval(() => samples.push({ runs: runLogs.runs, heap: heapInUse() }), sampling),
    setInterval(printProgress, 10_000),
  ];
  await Promise.race([outcome, sleep(duration, undefined, { ref: false })]);
  for (const timer of timers) clearInterval(timer);
  chaos.stop();
  if (!runners[0].isRunning) violations.add("no lost worker", `run() has ended by itself: ${String(await outcome)}`);

  await checks.checkAllRespond();
  await leakCheck.check(violations);
  checkHeapTrend(samples, violations);
  await checks.checkShutdown(outcome, stopper);
  await checks.checkSecondRun();
  clock.stop();
  printProgress();
}

function settingsOrExit(): Settings {
  try {
    collectGarbage();
    return settingsFrom(process.argv.slice(2), Date.now() % 2 ** 31);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error("usage: npm run soak -- [duration, such as 30m] [--seed N] [--workers N]");
    process.exit(2);
  }
}

// An explicit exit, because a timer that a broken library leaves running would keep the process alive.
process.exit(await main(settingsOrExit()));
