// How much later than on their grid the last of 500 runs at 10 ms are, compared with the first.
import { DeclarativeWorker, runAllWorkers } from "../dist/index.js";

/** The difference of the mean lateness of the last and the first fifty runs, in ms. */
export async function drift() {
  const times = [];
  const controller = new AbortController();
  const job = () => {
    times.push(performance.now());
    if (times.length === 500) controller.abort();
  };
  const begun = performance.now();
  await runAllWorkers([new DeclarativeWorker({ name: "drift", job, repeat: 10 })], { signal: controller.signal });
  // By the grid, and not by the count: a run that was missed, on a machine that was busy, is no drift.
  const lateness = times.map((time) => (time - begun) % 10);
  return Math.round((mean(lateness.slice(-50)) - mean(lateness.slice(0, 50))) * 10) / 10;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
