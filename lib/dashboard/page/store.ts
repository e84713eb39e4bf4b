import { batch, computed, signal } from "@preact/signals-core";
import type { Beat, Command, Row, Status, Update } from "../api.js";
import { setProcessZone } from "./words.js";

/** What is known of the process; undefined before the first snapshot. */
export const server = signal<Omit<Status, "workers" | "now" | "sequence"> | undefined>(undefined);

/**
 * The rows by name, in alphabetical order, with numbers in names by their value. They are replaced, never changed; {@link
 * revision} grows when any of them is.
 */
export const rows = new Map<string, Row>();
export const revision = signal(0);

const collator = new Intl.Collator("en", { numeric: true });

export function applySnapshot(status: Status): void {
  setRows(status.workers);
  setProcessZone(status.process.timeZone);
  batch(() => {
    setClock(status.now);
    server.value = { process: status.process, state: status.state, rights: status.rights };
    revision.value++;
  });
}

export function applyUpdate(update: Update): void {
  for (const name of update.removed) rows.delete(name);
  let isNew = false;
  for (const row of update.rows) {
    isNew ||= !rows.has(row.name);
    rows.set(row.name, row);
  }
  if (isNew) setRows([...rows.values()]);
  batch(() => {
    applyBeat(update);
    if (update.rows.length > 0 || update.removed.length > 0) revision.value++;
  });
}

export function applyBeat({ now, state }: Beat): void {
  setClock(now);
  if (server.value !== undefined && server.value.state !== state) server.value = { ...server.value, state };
}

/** Since when a worker fails, or has its health. */
export function since({ failingSince, healthSince }: Row): number | null {
  return failingSince ?? healthSince;
}

function setRows(all: Row[]): void {
  rows.clear();
  for (const row of all.sort((a, b) => collator.compare(a.name, b.name))) rows.set(row.name, row);
}

let offset = 0;

/** The clock of the process. */
export function now(): number {
  return Date.now() + offset;
}

function setClock(time: number): void {
  offset = time - Date.now();
}

/** The time of the process, once a second: for ages and countdowns. */
export const tick = signal(now());

setInterval(() => {
  if (document.visibilityState === "visible") tick.value = now();
}, 1_000);

export const commands: readonly Command[] = ["trigger", "pause", "resume", "restart"];

/** The commands that this viewer may use. */
export const allowed = computed(() => commands.filter((command) => server.value?.rights[command] === true));
