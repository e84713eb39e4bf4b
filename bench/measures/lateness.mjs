import { percentile, sleep } from "../meters.mjs";

/**
 * How late runs are, in ms. Each worker's grid is taken from the worker itself: what it did earliest, by its interval, was on time.
 * Nothing has to be known of how a peer sets its start; one that drifts is late by as much.
 */
export async function lateness({ repeating }, { count, interval }) {
  const times = Array.from({ length: count }, () => []);
  const stop = await repeating(count, interval, (i) => async () => times[i].push(performance.now()), "async");
  await sleep(4_000);
  await stop();
  const late = times.flatMap((each) => latenessOf(each.slice(2), interval)).sort((a, b) => a - b);
  return { "p50 (ms)": percentile(late, 0.5), "p99 (ms)": percentile(late, 0.99), "max (ms)": percentile(late, 1) };
}

/** Of the runs of one worker. */
export function latenessOf(times, interval) {
  let slot = 0;
  const offsets = times.map((time, i) => {
    if (i > 0) slot += Math.max(1, Math.round((time - times[i - 1]) / interval));
    return time - slot * interval;
  });
  const onTime = offsets.reduce((least, offset) => Math.min(least, offset), Number.POSITIVE_INFINITY);
  return offsets.map((offset) => offset - onTime);
}
