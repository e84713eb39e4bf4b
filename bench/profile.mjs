// Profiles the start and stop of 100,000 workers of watchbill or a peer: `node --expose-gc bench/profile.mjs [peer]`.
import { Session } from "node:inspector/promises";
import { PerformanceObserver } from "node:perf_hooks";
import { sleep, timed } from "./resource-usage.mjs";

const count = 100_000;
const hour = 3_600_000;
const [peer = "watchbill"] = process.argv.slice(2);
const { startWorkers } = await import(`./peers/${peer}.mjs`);

let gcMs = 0;
const observer = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) gcMs += duration;
});
observer.observe({ entryTypes: ["gc"] });

const start = () => startWorkers(count, hour, () => async () => {}, "async");
const { result: stop, ...starting } = await profiled(start);
const { result: _, ...stopping } = await profiled(stop);
// Again, with memory that the process has already and with compiled code.
globalThis.gc?.();
const { result: stopAgain, ...startingAgain } = await profiled(start);
const { result: __, ...stoppingAgain } = await profiled(stopAgain);
const phases = { starting, stopping, "starting again": startingAgain, "stopping again": stoppingAgain };
for (const [phase, { top, ...figures }] of Object.entries(phases)) {
  console.log(`\n${peer}, ${phase} ${count} workers`);
  console.table([figures]);
  console.table(top);
}
process.exit();

/** Measures the total time, the garbage collector's part of it and the page faults, and lists the slowest functions. */
async function profiled(run) {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  await session.post("Profiler.start");
  const gcBefore = gcMs;
  const { minorPageFault } = process.resourceUsage();
  const { value: result, ms } = await timed(run);
  const faults = process.resourceUsage().minorPageFault - minorPageFault;
  // The observer is called in a later turn of the event loop.
  await sleep(50);
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  const figures = { ms, "garbage collection (ms)": gcMs - gcBefore, "page faults": faults };
  return {
    result,
    ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value)])),
    top: topOf(profile),
  };
}

/** The functions with the most self time. */
function topOf({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const self = new Map();
  samples.forEach((id, i) => {
    const name = names.get(id);
    if (!/^\((idle|program|root)\)/.test(name)) self.set(name, (self.get(name) ?? 0) + timeDeltas[i]);
  });
  const sorted = [...self].sort(([, a], [, b]) => b - a).slice(0, 12);
  return sorted.map(([name, microseconds]) => ({ function: name, ms: Math.round(microseconds / 1_000) }));
}

function nameOf({ functionName, url, lineNumber }) {
  const file = url.split("/").slice(-2).join("/");
  return file === "" ? functionName : `${functionName || "(anonymous)"} ${file}:${lineNumber + 1}`;
}
