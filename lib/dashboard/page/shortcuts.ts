import { commandWorkers } from "./commands.js";
import { dialog } from "./dialog.js";
import { setView, view } from "./location.js";
import { cursor, listed, selected, toggleSelected } from "./selection.js";
import { allowed, rows } from "./store.js";

/** The keys that work anywhere on the page, and what they do. */
export const shortcuts: readonly (readonly [string, string])[] = [
  ["/", "filter"],
  ["j", "next worker"],
  ["k", "previous worker"],
  ["Enter", "open the worker"],
  ["Esc", "close, or clear the selection"],
  ["x", "select the worker"],
  ["r", "trigger a run"],
  ["p", "pause or resume"],
  ["?", "this help"],
];

/** Sets what shows a row and focuses it. */
export let showRow: (index: number) => void = () => {};
export function onShowRow(show: (index: number) => void): void {
  showRow = show;
}

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.value !== undefined) return;
    const { target } = event;
    const isTyping =
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement ||
      (target instanceof HTMLInputElement && target.type !== "checkbox");
    if (isTyping) {
      if (target.id !== "filter" || (event.key !== "Escape" && event.key !== "Enter")) return;
      if (event.key === "Escape") setView({ q: "" });
      target.blur();
      cursor.value = undefined;
      return move(1);
    }
    // On a button, it presses that; with a shift, it opens a window.
    const isOfRow = target === document.body || (target instanceof Element && target.matches(".row a"));
    if (event.key === "Enter" && (event.shiftKey || !isOfRow)) return;
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

const keys: Record<string, (() => void) | undefined> = {
  "/": () => document.querySelector<HTMLInputElement>("#filter")?.focus(),
  "?": () => {
    dialog.value = { kind: "help" };
  },
  j: () => move(1),
  k: () => move(-1),
  Enter: () => {
    if (cursor.value !== undefined) setView({ worker: cursor.value });
  },
  x: () => {
    if (allowed.value.length > 0 && cursor.value !== undefined) toggleSelected(cursor.value);
  },
  r: () => {
    if (!allowed.value.includes("trigger")) return;
    const names = targets();
    if (names.length === 1) void commandWorkers("trigger", names);
    else if (names.length > 1) dialog.value = { kind: "names", command: "trigger", names };
  },
  p: () => {
    const names = targets();
    if (names.length === 0) return;
    const command = names.every((name) => rows.get(name)?.phase === "paused") ? "resume" : "pause";
    if (!allowed.value.includes(command)) return;
    if (command === "resume" && names.length === 1) void commandWorkers(command, names);
    else dialog.value = { kind: "names", command, names };
  },
  Escape: () => {
    if (view.value.worker !== undefined) setView({ worker: undefined });
    else if (selected.value.size > 0) selected.value = new Set();
  },
};

/** The workers that are selected; otherwise the one that is open, or the one at the cursor. */
function targets(): string[] {
  if (selected.value.size > 0) return [...selected.value];
  const name = view.value.worker ?? cursor.value;
  return name !== undefined && rows.has(name) ? [name] : [];
}

function move(step: number): void {
  const list = listed.value;
  if (list.length === 0) return;
  const at = list.findIndex(({ name }) => name === cursor.value);
  const index = Math.min(list.length - 1, Math.max(0, at < 0 ? 0 : at + step));
  const name = list[index]?.name;
  cursor.value = name;
  // The row gets the focus in the next frame. A key that is pressed before that is not for what has it now.
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  // The details follow the cursor while they are open.
  if (view.value.worker !== undefined) setView({ worker: name });
  showRow(index);
}
