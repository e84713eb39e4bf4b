import { schedule } from "node-cron";
import { patternOf } from "../pattern-of.mjs";

export async function repeating(count, interval, jobOf) {
  const pattern = patternOf(interval);
  const tasks = Array.from({ length: count }, (_, i) => schedule(pattern, jobOf(i), { noOverlap: true }));
  return () => Promise.all(tasks.map((task) => task.destroy()));
}
