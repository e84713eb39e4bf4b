import type { Row } from "../dashboard/dashboard.js";
import { printable } from "./table.js";
import type { Style, Terminal } from "./terminal.js";
import { formatDuration, formatTime } from "./times.js";

/** A worker in the output of `list`: what was declared, and what a running process knows of it. */
export interface ListedWorker {
  readonly name: string;
  /** Null if it is continuous. */
  readonly schedule: string | null;
  /** In ms since the epoch, as the next. */
  readonly nextDue: number | null;
  readonly lastStart: number | null;
  /** In ms. */
  readonly lastDuration: number | null;
  /** Null if it has not run. */
  readonly result: string | null;
}

export function listedWorker(row: Row): ListedWorker {
  const { name, schedule, nextDue, lastStart, lastDuration } = row;
  return { name, schedule, nextDue: row.phase === "paused" ? null : nextDue, lastStart, lastDuration, result: resultOf(row) };
}

/** How a worker is doing, in words; null if it has not run. */
function resultOf({ phase, health, pause, attempt, lastError }: Row): string | null {
  if (phase === "paused") {
    const by = pause?.by == null ? "" : ` by ${pause.by}`;
    return `paused${by}${pause?.reason == null ? "" : `: ${pause.reason}`}`;
  }
  if (phase === "overdue") return "overdue";
  if (health === "firing") return `failed: ${lastError ?? "the reason is not known"}`;
  if (attempt > 0) return `retrying: ${lastError ?? "the reason is not known"}`;
  if (health === "ok") return "ok";
  return phase === "running" ? "running" : null;
}

/** The cells of a worker under the header WORKER SCHEDULE NEXT LEFT LAST TOOK RESULT. */
export function listCells(worker: ListedWorker, now: number, terminal: Terminal): string[] {
  const { name, schedule, nextDue, lastStart, lastDuration, result } = worker;
  return [
    printable(name),
    printable(schedule ?? "continuous"),
    shownTime(nextDue),
    leftUntil(nextDue, now),
    shownTime(lastStart),
    lastDuration === null ? "-" : formatDuration(lastDuration),
    result === null ? "-" : terminal.style(styleOfResult(result), printable(result)),
  ];
}

export function styleOfResult(result: string): Style {
  if (result === "ok") return "green";
  return result.startsWith("failed") || result === "overdue" ? "red" : "yellow";
}

export function shownTime(time: number | null): string {
  return time === null ? "-" : formatTime(time);
}

/** How long it is until a time, in ms since the epoch: `"now"` if it has come. */
export function leftUntil(time: number | null, now: number): string {
  if (time === null) return "-";
  return time <= now ? "now" : formatDuration(time - now);
}
