import { DeclarativeWorker, ExponentialBackoff } from "watchbill";
import { cron } from "watchbill/cron";
import { simulate } from "watchbill/testing";

// Simulates in a process of its own, and prints how much memory that has taken at most, and what was simulated.

const retry = new ExponentialBackoff({ initial: "1s", max: "5m", jitterProportion: 0.5 });
const job = (): void => {};
const worker = (index: number, repeat: ConstructorParameters<typeof DeclarativeWorker>[0]["repeat"]) =>
  new DeclarativeWorker({ name: `worker/${index}`, job, repeat, retry });

const isBusy = process.argv[2] === "busy";
const workers = Array.from({ length: 50 }, (_, index) =>
  isBusy ? worker(index, "5s") : worker(index, cron(`${index} 3 * * *`, { timezone: "Europe/Berlin" })),
);
const day = await simulate(workers, {
  for: isBusy ? "6h" : "365d",
  fails: { "*": 0.01 },
  ...(isBusy ? { maxEvents: 20_000 } : {}),
});
const runs = day.workers.reduce((sum, name) => sum + day.of(name).counts.runs, 0);
const failures = day.workers.reduce((sum, name) => sum + day.of(name).counts.failures, 0);
const [text, svg] = [day.toText().length, day.toSVG().length];
// In KB.
const mostMemory = process.resourceUsage().maxRSS / 1_024;
console.log(JSON.stringify({ runs, failures, notKept: day.timeline.notKept, text, svg, mostMemory }));
