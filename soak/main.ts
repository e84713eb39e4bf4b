/**
 * The soak test: `npm run soak -- 30m` runs thousands of workers of every kind in real time. Their runs succeed, fail, hang and
 * time out, random commands trigger, pause, resume, restart, remove and add them, and the event loop is blocked from time to
 * time. Then faults are turned off and every worker must respond, the runner is stopped while some runs hang, and all is run and
 * stopped once more.
 *
 * What the soak checks, by the names in its report. What happened is judged by what the workers' own code saw (the run logs), and
 * time limits use a clock that advances with the event loop (`loop-clock.ts`), so that a slow machine does not cause a fault.
 *
 * - no overlap: no run of a worker begins while another run of it is in progress (`run-log.ts`).
 * - paused is paused: after a fulfilled `pause` or `remove` no run begins until the next command to that worker (`run-log.ts`,
 *   `command.ts`).
 * - no lost worker: `status()` lists exactly the workers that were added and not removed. Each shows activity within 20 s unless
 *   it is paused or completed (a soak of less than 20 s cannot check that). A worker leaves only when its run has ended. `run()`
 *   does not end by itself. Once faults are off, each worker is present and shows new activity within 12 s (`checks.ts`,
 *   `runner-under-test.ts`, `soak.ts`).
 * - commands: each settles, within 3 s if it stops the worker and 12 s otherwise. After a fulfilled `trigger` a run has
 *   succeeded, after `pause` and `remove` none is in progress, and a removed worker has left the runner. A rejection is a known
 *   error with a known cause; a `ShutdownTimeoutError` names only workers of the target that run (`command.ts`). Only a nested
 *   runner that stops rejects `add` (`chaos-driver.ts`). A worker that has stopped after `remove` leaves the runner within 20 s
 *   (`checks.ts`).
 * - counts: `runs` and `failures` in `status()` are those of the run logs (`checks.ts`).
 * - shutdown: `run()` settles within 10 s. Its errors name all hung workers and no other, and are otherwise errors of runs that
 *   failed while they stopped. Afterwards each phase is `stopped` (`checks.ts`).
 * - runs end: 5 s after the hung runs are released, no run is in progress (`checks.ts`).
 * - second run: all runners are up within 1 s, and `stop()` and `run()` resolve within 10 s (`checks.ts`).
 * - garbage: at most 100 of the removed workers are reachable, and at most 100 of their sources and of the contexts of ended runs
 *   (`soak.ts`, `leak-check.ts`).
 * - heap, slope: after a third of the time, the heap does not grow by more than 4 bytes a run and 1.5 MB in all, with 99%
 *   confidence (`leak-check.ts`).
 * - heap, after: when all workers are dropped, the heap is at most 3 MB larger than before (`main.ts`).
 * - listeners: none are left on the signals of runs (`worker-code.ts`), on the signal passed to `run()` (`checks.ts`) and on
 *   `process` (`leak-check.ts`).
 * - handles: no timer or other handle is left that keeps the process alive (`leak-check.ts`).
 * - process: there is no warning, unhandled rejection or uncaught exception (`leak-check.ts`).
 *
 * The exit code is 0 if all checks hold, 1 if one fails, 2 if the arguments are invalid.
 */
import { Faults, reportLines } from "./faults.js";
import { collectGarbage, heapAtRest, watchProcess } from "./leak-check.js";
import { type Settings, settingsFrom } from "./settings.js";
import { soak } from "./soak.js";

/** How much V8 keeps of code that it has compiled meanwhile, in bytes. The workers themselves take several times as much. */
const heapTolerance = 3_000_000;

async function main(settings: Settings): Promise<number> {
  const { duration, workers, seed } = settings;
  console.log(`soak: ${workers} workers for ${duration / 1_000} s, seed ${seed}, Node ${process.version}`);
  const faults = new Faults();
  const checkProcess = watchProcess(faults);
  // A short soak first, so that what a process creates only once does not look like a leak.
  await soak({ ...settings, duration: Math.min(2_000, duration) }, faults, () => {});
  const heapBefore = await heapAtRest();
  const figures = await soak(settings, faults, console.log);
  const growth = (await heapAtRest()) - heapBefore;
  checkProcess();

  const change = `${Math.round(growth / 1_000)} KB more than before, with all workers dropped`;
  if (growth > heapTolerance) faults.add("heap, after", change);
  figures["heap, after"] = change;
  figures.listeners = "none left behind, on the process and the signals";
  figures.handles = "none left behind";
  figures.process = "no warning, and no unhandled rejection";
  for (const line of reportLines(faults, figures)) console.log(line);
  const command = `npm run soak -- ${duration / 1_000}s --workers ${workers} --seed ${seed}`;
  console.log(faults.count === 0 ? "passed" : `FAILED: ${command} has the same workers and commands, but not the same timing`);
  return faults.count === 0 ? 0 : 1;
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
