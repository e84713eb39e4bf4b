import type { WorkerStatus } from "../index.js";
import type { Status } from "./api.js";

const maxNames = 5;

/**
 * Why the process is not ready; null if it is ready. It is not ready while the runner does not run or is being stopped, nor while
 * a worker has been failing for longer than a limit that is not paused.
 * @param limit in ms
 */
export function problemOfReadiness(state: Status["state"], rows: readonly WorkerStatus[], limit: number): string | null {
  if (state === "stopping") return "the runner is being stopped";
  if (state === "stopped") return "the runner does not run";
  const now = Date.now();
  const failing = rows.filter(
    ({ health, healthSince, phase }) => health === "firing" && phase !== "paused" && now - (healthSince ?? now) > limit,
  );
  if (failing.length === 0) return null;
  const names = failing.slice(0, maxNames).map(({ name }) => name);
  const more = failing.length > maxNames ? ` and ${failing.length - maxNames} more` : "";
  return `failing for more than ${Math.round(limit / 1_000)} s: ${names.join(", ")}${more}`;
}
