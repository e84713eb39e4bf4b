import { sleep } from "../resource-usage.mjs";
import { percentile } from "../statistics.mjs";

/**
 * Measures how late runs are, in ms. The due times of a worker are derived from its own runs: its earliest run, relative to the
 * interval, counts as on time. So the measure does not depend on how a peer chooses its first run, and drift counts as lateness.
 */
export async function lateness({ startWorkers }, { count, interval }) {
  const warmUp = 2_000;
  const measured = 4_000;
  const capacity = Math.ceil((measured / interval) * 1.5);
  // Allocated beforehand, so that recording creates no garbage.
  const times = new Float64Array(count * capacity);
  const recorded = new Uint32Array(count);
  const job = (i) => async () => {
    if (recorded[i] < capacity) times[i * capacity + recorded[i]++] = performance.now();
  };
  const stop = await startWorkers(count, interval, job, "async");
  await sleep(warmUp);
  recorded.fill(0);
  await sleep(measured);
  await stop();
  const late = [];
  for (let i = 0; i < count; i++) late.push(...latenessOf(times.subarray(i * capacity, i * capacity + recorded[i]), interval));
  late.sort((a, b) => a - b);
  return { "p50 (ms)": percentile(late, 0.5), "p99 (ms)": percentile(late, 0.99), "max (ms)": percentile(late, 1) };
}

/** The lateness of each run of one worker. */
function latenessOf(times, interval) {
  let slot = 0;
  const offsets = Array.from(times, (time, i) => {
    if (i > 0) slot += Math.max(1, Math.round((time - times[i - 1]) / interval));
    return time - slot * interval;
  });
  const onTime = Math.min(...offsets);
  return offsets.map((offset) => offset - onTime);
}

/**
 * Measures how far the runs of a worker have moved, after 1,000 runs at 10 ms, from the due times that its first runs imply.
 * In ms.
 *
 * A missed or late run is not drift, so the measure follows the phase: the position of the runs within the interval. The phase of
 * each four runs is averaged. A drift of more than 1.25 ms a run would look like a missed run.
 */
export async function drift({ startWorkers }) {
  const interval = 10;
  const runs = 1_000;
  const times = [];
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const job = async () => {
    if (times.push(performance.now()) === runs) finish();
  };
  const stop = await startWorkers(1, interval, () => job, "async");
  await finished;
  await stop();
  return { "drift (ms)": phaseShift(times.slice(0, runs), interval) };
}

/** The total change of the phase. Each step is less than half an interval, so that whole intervals cancel out. */
function phaseShift(times, interval) {
  const averaged = 4;
  const phases = [];
  for (let i = 0; i < times.length; i += averaged) phases.push(phaseOf(times.slice(i, i + averaged), interval));
  let shift = 0;
  for (let i = 1; i < phases.length; i++) {
    const step = phases[i] - phases[i - 1];
    shift += step - interval * Math.round(step / interval);
  }
  return shift;
}

/** The circular mean of the times within the interval. */
function phaseOf(times, interval) {
  const angles = times.map((time) => (time / interval) * 2 * Math.PI);
  const total = (component) => angles.reduce((sum, angle) => sum + component(angle), 0);
  return (Math.atan2(total(Math.sin), total(Math.cos)) / (2 * Math.PI)) * interval;
}
