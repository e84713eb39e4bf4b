import { percentile, sleep } from "../meters.mjs";

const warmUp = 2_000;
const measured = 4_000;

/**
 * How late runs are, in ms. Each worker's grid is taken from the worker itself: what it did earliest, by its interval, was on time.
 * Nothing has to be known of how a peer sets its start; one that drifts is late by as much.
 */
export async function lateness({ repeating }, { count, interval }) {
  const room = Math.ceil((measured / interval) * 1.5);
  // Made beforehand, so that taking notes makes no garbage.
  const times = new Float64Array(count * room);
  const taken = new Uint32Array(count);
  const job = (i) => async () => {
    if (taken[i] < room) times[i * room + taken[i]++] = performance.now();
  };
  const stop = await repeating(count, interval, job, "async");
  await sleep(warmUp);
  taken.fill(0);
  await sleep(measured);
  await stop();
  const late = [];
  for (let i = 0; i < count; i++) late.push(...latenessOf(times.subarray(i * room, i * room + taken[i]), interval));
  late.sort((a, b) => a - b);
  return { "p50 (ms)": percentile(late, 0.5), "p99 (ms)": percentile(late, 0.99), "max (ms)": percentile(late, 1) };
}

/** Of the runs of one worker. */
function latenessOf(times, interval) {
  let slot = 0;
  const offsets = Array.from(times, (time, i) => {
    if (i > 0) slot += Math.max(1, Math.round((time - times[i - 1]) / interval));
    return time - slot * interval;
  });
  const onTime = Math.min(...offsets);
  return offsets.map((offset) => offset - onTime);
}
