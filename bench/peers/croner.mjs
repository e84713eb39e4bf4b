import { Cron } from "croner";
import { patternOf } from "../pattern-of.mjs";

export function repeating(count, interval, jobOf) {
  const pattern = patternOf(interval);
  const jobs = Array.from({ length: count }, (_, i) => new Cron(pattern, { protect: true }, jobOf(i)));
  return () => {
    for (const job of jobs) job.stop();
  };
}
