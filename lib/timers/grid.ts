/**
 * The points in time `start + n · interval`. It is computed anew from its start every time, never from the last run, which is
 * why no drift ever adds up.
 */
export function pointOfGrid(start: number, interval: number, slot: number): number {
  return start + slot * interval;
}

/** The last slot of the grid that is due at `now`: the one to run, when that and others before it were missed. */
export function lastSlotDue(start: number, interval: number, now: number): number {
  const slot = Math.floor((now - start) / interval);
  // The division may round to either side of a point that `now` stands on exactly.
  if (pointOfGrid(start, interval, slot + 1) <= now) return slot + 1;
  return pointOfGrid(start, interval, slot) > now ? slot - 1 : slot;
}

/** By how much, in ms, times differ that were rounded on their way through another process. */
const rounding = 2;

/** Whether a time is a certain point, or that with a jitter. */
export function isWithin(time: number, point: number, jitter: number): boolean {
  return time >= point - rounding && time <= point + jitter + rounding;
}
