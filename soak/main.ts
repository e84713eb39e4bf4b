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
import { collectGarbage, heapAtRest, watchProcess } from "./leak-check.js";
import { type Settings, settingsFrom } from "./settings.js";
import { soak } from "./soak.js";
import { reportLines, Violations } from "./violations.js";

/** How much V8 keeps of code that it has compiled meanwhile, in bytes. The workers themselves take several times as much. */
const heapTolerance = 3_000_000;

async function main(settings: Settings): Promise<number> {
  const { duration, workers, seed } = settings;
  console.log(`soak: ${workers} workers for ${duration / 1_000} s, seed ${seed}, Node ${process.version}`);
  const violations = new Violations();
  const checkProcess = watchProcess(violations);
  // A short soak first, so that what a process creates only once does not look like a leak.
  await soak({ ...settings, duration: Math.min(2_000, duration) }, violations, () => {});
  const heapBefore = await heapAtRest();
  const figures = await soak(settings, violations, console.log);
  const growth = (await heapAtRest()) - heapBefore;
  checkProcess();

  const change = `${Math.round(growth / 1_000)} KB`;
  if (growth > heapTolerance) violations.add("heap, after", change);
  for (const line of reportLines(violations, { ...figures, "heap, after": change })) console.log(line);
  const command = `npm run soak -- ${duration / 1_000}s --workers ${workers} --seed ${seed}`;
  console.log(
    violations.count === 0 ? "passed" : `FAILED: ${command} has the same workers and commands, but not the same timing`,
  );
  return violations.count === 0 ? 0 : 1;
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
