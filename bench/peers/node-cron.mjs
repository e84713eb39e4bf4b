import { schedule, setLogger } from "node-cron";
import { patternOf } from "../pattern-of.mjs";

const quiet = () => {};
// It warns of every run that it misses, which would be measured as well.
setLogger({ info: quiet, warn: quiet, error: quiet, debug: quiet });

export function repeating(count, interval, jobOf) {
  const pattern = patternOf(interval);
  const tasks = Array.from({ length: count }, (_, i) => schedule(pattern, jobOf(i), { noOverlap: true }));
  return () => {
    for (const task of tasks) void task.destroy();
  };
}
