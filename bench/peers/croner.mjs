import { Cron } from "croner";
import { cronPattern } from "./cron-pattern.mjs";

export function startWorkers(count, interval, jobOf) {
  const pattern = cronPattern(interval);
  const jobs = Array.from({ length: count }, (_, i) => new Cron(pattern, { protect: true }, jobOf(i)));
  return () => {
    for (const job of jobs) job.stop();
  };
}
