/**
 * The points in time `start + n · interval`. Each is computed from the start and not from the last run, so that there is no
 * drift.
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

/** By how much a time may differ that another replica has rounded, in ms. */
const rounding = 2;

/** Whether a time is a point, or a point plus its jitter. */
export function isWithin(time: number, point: number, jitter: number): boolean {
  return time >= point - rounding && time <= point + jitter + rounding;
}
