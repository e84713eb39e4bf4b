import { isNote, numberIn } from "../context/memory.js";
import { replica } from "./holders.js";

/** How long, in ms, a job is kept for the process that has asked for it. */
const keptFor = 5_000;

/** Asks for a job: written on it as its progress, which nothing else is. */
export function wish(): { wantedBy: string; at: number } {
  return { wantedBy: replica, at: Date.now() };
}

export function isWish(progress: unknown): progress is { readonly wantedBy: string; readonly at?: unknown } {
  return isNote(progress) && typeof progress.wantedBy === "string";
}

/** Whether another process has asked for the job. */
export function isForOther(progress: unknown): boolean {
  if (!isWish(progress)) return false;
  const age = Date.now() - (numberIn(progress, "at") ?? 0);
  return progress.wantedBy !== replica && age < keptFor;
}
