import { type Signal, signal } from "@preact/signals-core";
import type { Strip, StripRun } from "../api.js";
import { now, rows } from "./store.js";

const hour = 3_600_000;
const codes: Record<StripRun["outcome"], number> = { done: 0, failed: 1, stopped: 2, completed: 3 };

interface Entry {
  /** Undefined until it was loaded. */
  readonly strip: Signal<Strip | undefined>;
  loadedAt: number;
  /** The number of missed runs of the row when it was loaded. */
  missed: number;
}

/** The strips of the rows that are or were visible. */
const entries = new Map<string, Entry>();
const maxEntries = 400;

export function stripOf(name: string): Signal<Strip | undefined> {
  return entryOf(name).strip;
}

function entryOf(name: string): Entry {
  let entry = entries.get(name);
  if (entry === undefined) {
    entry = { strip: signal(undefined), loadedAt: 0, missed: 0 };
    entries.set(name, entry);
  }
  return entry;
}

let wanted: readonly string[] = [];
let isWaiting = false;
let isLoading = false;

/** Loads the strips of the visible rows: those that are missing, or a minute old, or have missed a run since. */
export function wantStrips(names: readonly string[]): void {
  wanted = names;
  if (isWaiting) return;
  isWaiting = true;
  // One request for all rows that are scrolled to meanwhile.
  setTimeout(() => {
    isWaiting = false;
    if (!isLoading) void load();
  }, 120);
}

async function load(): Promise<void> {
  const time = now();
  const names = wanted.filter((name) => isOld(name, time)).slice(0, 100);
  if (names.length === 0 || document.visibilityState === "hidden") return;
  isLoading = true;
  for (const name of names) {
    const entry = entryOf(name);
    entry.loadedAt = time;
    entry.missed = rows.get(name)?.missed ?? 0;
  }
  try {
    const query = names.map((name) => `worker=${encodeURIComponent(name.toWellFormed())}`).join("&");
    const response = await fetch(`api/strips?${query}`);
    if (!response.ok) return;
    const strips: Strip[] = await response.json();
    for (const strip of strips) {
      entryOf(strip.worker).strip.value = strip;
    }
  } catch {
    for (const name of names) entryOf(name).loadedAt = 0;
  } finally {
    isLoading = false;
    forgetOldest();
  }
}

function isOld(name: string, time: number): boolean {
  const entry = entries.get(name);
  if (entry === undefined) return true;
  const missed = rows.get(name)?.missed ?? 0;
  return time - entry.loadedAt > 60_000 || (missed !== entry.missed && time - entry.loadedAt > 5_000);
}

function forgetOldest(): void {
  if (entries.size <= maxEntries) return;
  const visible = new Set(wanted);
  for (const name of entries.keys()) {
    if (entries.size <= maxEntries) return;
    if (!visible.has(name)) entries.delete(name);
  }
}

/** Adds runs that have ended to the strips that are loaded. */
export function addRuns(runs: readonly StripRun[]): void {
  const added = new Map<Entry, StripRun[]>();
  for (const run of runs) {
    const entry = entries.get(run.worker);
    if (entry?.strip.peek() === undefined) continue;
    const list = added.get(entry);
    if (list === undefined) added.set(entry, [run]);
    else list.push(run);
  }
  const from = now() - hour;
  for (const [entry, list] of added) {
    const strip = entry.strip.peek();
    if (strip === undefined) continue;
    const kept = strip.runs.slice(-400).filter(([start, duration]) => start + duration > from);
    // A run may be in the answer that loaded the strip, and in the next update too.
    const known = new Set(kept.slice(-50).map(([start]) => start));
    const fresh = list
      .filter(({ start }) => !known.has(start))
      .map(({ start, duration, outcome }): [number, number, number] => [start, duration, codes[outcome]]);
    const due = list.flatMap((run) => (run.due === null || known.has(run.start) ? [] : [run.due]));
    entry.strip.value = { ...strip, runs: [...kept, ...fresh], due: [...strip.due.slice(-400), ...due] };
  }
}

/** Forgets what was loaded, as the process may be another one. */
export function forgetStrips(): void {
  for (const entry of entries.values()) entry.loadedAt = 0;
  if (wanted.length > 0) wantStrips(wanted);
}
