// The figures of the README. Absolute ones belong to the machine; the ratios between peers are what counts.
import { drift } from "./drift.mjs";
import { costOfRuns } from "./runs.mjs";
import { scale } from "./scale.mjs";

console.log("100,000 workers, each named, retried and repeated once an hour");
console.table([await scale()]);
for (const [count, interval] of [
  [1_000, 20],
  [10_000, 100],
]) {
  for (const kind of ["sync", "async"]) {
    console.log(`\nA run of an empty ${kind} job: ${count} workers at ${interval} ms`);
    console.table(await costOfRuns(count, interval, kind));
  }
}
console.log(`\nDrift after 500 runs at 10 ms: ${await drift()} ms`);
