import { readFileSync } from "node:fs";

/** What one process has used, in ms of one core. Linux counts in hundredths of a second. */
export function cpuOf(pid, { withEnded = false } = {}) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15);
    return (user + system + (withEnded ? endedUser + endedSystem : 0)) * 10;
  } catch {
    return 0;
  }
}
