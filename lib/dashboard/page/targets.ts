import type { Command } from "../api.js";
import { rows } from "./store.js";
import { count } from "./words.js";

/**
 * Which of some workers a command hits, and in words, how many it does not, and why: as the server decides it.
 * @param isPattern whether the workers are not named in full
 */
export function targetsOf(command: Command, names: readonly string[], isPattern: boolean): { hits: string[]; leftOut: string } {
  const runners = new Set(names.map((name) => rows.get(name)?.runner));
  const obstacleOf = (name: string): string => {
    const row = rows.get(name);
    if (row === undefined) return "removed";
    if (runners.has(name)) return "runner of the others";
    if (row.servesDashboard && (command === "pause" || (isPattern && command !== "resume"))) return "serving this page";
    if (row.phase === "stopped" && command !== "restart") return "stopped";
    return row.schedule === null && command === "trigger" ? "continuous" : "";
  };
  const hits: string[] = [];
  const counts = new Map<string, number>();
  for (const name of names) {
    const obstacle = obstacleOf(name);
    if (obstacle === "") hits.push(name);
    else counts.set(obstacle, (counts.get(obstacle) ?? 0) + 1);
  }
  return { hits, leftOut: Array.from(counts, ([obstacle, many]) => `${count(many)} ${obstacle}`).join(", ") };
}
