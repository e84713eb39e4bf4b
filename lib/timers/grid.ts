/**
 * Returns the n-th point of a grid, `start + n · interval`. Points are computed from the start of the grid and never from the
 * previous run, so that no drift accumulates.
 */
export function pointOfGrid(start: number, interval: number, slot: number): number {
  return start + slot * interval;
}

/** Returns the last slot that is due at `now`: the only one to run, if earlier slots were missed. */
export function lastSlotDue(start: number, interval: number, now: number): number {
  const slot = Math.floor((now - start) / interval);
  // If `now` is exactly a point, the division may be rounded to either side of it.
  if (pointOfGrid(start, interval, slot + 1) <= now) return slot + 1;
  return pointOfGrid(start, interval, slot) > now ? slot - 1 : slot;
}

/** The tolerance, in ms, for times that were rounded on their way through another process. */
const tolerance = 2;

/** Returns whether a time is a point of the grid, delayed by at most `jitter`. */
export function isWithin(time: number, point: number, jitter: number): boolean {
  return time >= point - tolerance && time <= point + jitter + tolerance;
}

/** By how much, in ms, a time may be off that was converted from one clock to another and back. */
const conversionError = 0.01;

/** A time in whole ms, not before it. A whole number that was converted between clocks stays the same. */
export function roundedUp(time: number): number {
  return Math.ceil(time - conversionError);
}
