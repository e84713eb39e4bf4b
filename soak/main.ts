// Thousands of workers, at random, for as long as you like: npm run soak -- 30m. CONTRIBUTING.md says how to read what it prints.
import { Faults } from "./faults.js";
import { collect, heapAtRest } from "./heap.js";
import { Holdings, surplus } from "./holdings.js";
import { watchProcess } from "./process-watch.js";
import { reportOf } from "./report.js";
import { type Settings, settingsFrom } from "./settings.js";
import { soak } from "./soak.js";

/** What V8 keeps of code that it has compiled meanwhile, in bytes. The workers themselves are several times that. */
const heapTolerance = 3_000_000;

async function main(settings: Settings): Promise<number> {
  const { duration, workers, seed } = settings;
  const again = `npm run soak -- ${duration / 1_000}s --workers ${workers} --seed ${seed}`;
  console.log(`soak: ${workers} workers for ${duration / 1_000} s, seed ${seed}, Node ${process.version}`);
  const faults = new Faults();
  const before = new Holdings();
  const stopWatching = watchProcess(faults);
  // A short one first: what is made once in a process is not to look like a leak.
  await soak({ ...settings, duration: Math.min(2_000, duration) }, faults, () => {});
  const heapBefore = await heapAtRest();
  const figures = await soak(settings, faults, console.log);
  const growth = (await heapAtRest()) - heapBefore;
  stopWatching();

  const after = new Holdings();
  for (const what of surplus(after.listeners, before.listeners)) faults.add("listeners", `${what} left behind`);
  for (const what of surplus(after.handles, before.handles)) faults.add("handles", `${what} left behind`);
  const change = `${Math.round(growth / 1_000)} KB more than before, with all workers dropped`;
  if (growth > heapTolerance) faults.add("heap, after", change);
  figures["heap, after"] = change;
  figures.listeners = "none left behind, of the process and of the signals";
  figures.handles = "none left behind";
  figures.process = "no warning, and no rejection unhandled";
  for (const line of reportOf(faults, figures)) console.log(line);
  console.log(faults.count === 0 ? "passed" : `FAILED: ${again} has the same workers and orders, if not at the same moments`);
  return faults.count === 0 ? 0 : 1;
}

function settingsOrExit(): Settings {
  try {
    collect();
    return settingsFrom(process.argv.slice(2), Date.now() % 2 ** 31);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error("usage: npm run soak -- [duration, such as 30m] [--seed N] [--workers N]");
    process.exit(2);
  }
}

// Not by itself: what a broken library leaves running would keep the process.
process.exit(await main(settingsOrExit()));
