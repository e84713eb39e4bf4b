import { schedule, setLogger } from "node-cron";
import { cronPattern } from "./cron-pattern.mjs";

const quiet = () => {};
// node-cron logs a warning for each missed run, which would be measured too.
setLogger({ info: quiet, warn: quiet, error: quiet, debug: quiet });

export function startWorkers(count, interval, jobOf) {
  const pattern = cronPattern(interval);
  const tasks = Array.from({ length: count }, (_, i) => schedule(pattern, jobOf(i), { noOverlap: true }));
  return () => {
    for (const task of tasks) void task.destroy();
  };
}
