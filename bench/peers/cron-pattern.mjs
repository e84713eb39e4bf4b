/** Returns the cron pattern of an interval. */
export function cronPattern(interval) {
  if (interval === 1_000) return "* * * * * *";
  if (interval === 3_600_000) return "0 0 * * * *";
  throw new RangeError(`There is no cron pattern for an interval of ${interval} ms: use 1000 or 3600000`);
}
