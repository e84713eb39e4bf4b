// Compares the figures that do not depend on a clock with their limits: run with `npm run bench:check`. Each group of figures is
// taken in its own process. If a feature is worth a higher limit, raise it here and explain why.
import { execFileSync } from "node:child_process";

const limits = {
  "heap of a worker, named, retried and repeated (B)": { figure: "heap", most: 800 },
  "heap of a worker at 100,000, over that at 10,000": { figure: "heapGrowth", most: 1.1 },
  "CPU to start and stop 100,000 workers, over that for 10,000": { figure: "cpuGrowth", most: 25 },
  "listeners on the signal of 1,000 workers": { figure: "listeners", most: 1 },
  "listeners on the process for 1,000 workers": { figure: "processListeners", most: 2 },
  "listeners on the signals of 100 workers, after 1,000 runs": { figure: "workerListeners", most: 0 },
  "Node timers armed in 100 rounds of 1,000 plain functions": { figure: "armedSync", most: 100 },
  "Node timers armed in 100 rounds of 1,000 async functions": { figure: "armedAsync", most: 200 },
  "allocated for a run of a plain function (B)": { figure: "allocatedSync", most: 320 },
  "allocated for a run of an async function (B)": { figure: "allocatedAsync", most: 720 },
};

const figures = Object.assign(
  {},
  ...["growth", "listening", "allocated-sync", "allocated-async"].map((group) => JSON.parse(inOwnProcess(group))),
);
let isWorse = false;
for (const [what, { figure, most }] of Object.entries(limits)) {
  const value = figures[figure];
  const isWithin = value <= most;
  if (!isWithin) isWorse = true;
  console.log(`${isWithin ? "ok    " : "WORSE "} ${what.padEnd(62)} ${value.toFixed(2).padStart(7)}, at most ${most}`);
}
if (isWorse) {
  console.error(
    "Some figures exceed their limits. Find out why; if the change is worth it, raise the limit in bench/check.mjs and explain why.",
  );
  process.exitCode = 1;
}

function inOwnProcess(group) {
  const script = new URL("check-figures.mjs", import.meta.url).pathname;
  const flags = ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"];
  return execFileSync(process.execPath, [...flags, script, group], { encoding: "utf8" });
}
