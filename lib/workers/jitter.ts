/** By how much, in ms, times differ that were rounded on their way through another process. */
const rounding = 2;

/** Whether a time is a certain one, or that with a jitter. */
export function isWithin(time: number, point: number, jitter: number): boolean {
  return time >= point - rounding && time <= point + jitter + rounding;
}
