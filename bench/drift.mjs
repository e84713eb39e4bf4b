// How far the 500th run of a 10 ms interval is from where it belongs, beyond the lateness that a single run may have.
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
  const lateness = times.map((time, i) => time - (begun + 10 * (i + 1)));
  return Math.round((mean(lateness.slice(-50)) - mean(lateness.slice(0, 50))) * 10) / 10;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
