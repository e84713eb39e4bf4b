import type { Row, Status, Update } from "../dashboard/dashboard.js";
import { processLine, statusTable } from "./status.js";
import { cutLine } from "./table.js";
import type { Terminal } from "./terminal.js";
import { formatDuration } from "./times.js";

const orders = ["declared", "next", "failing", "name"] as const;

/** A process sends something every 5 s at least. After a longer silence, what is shown may be old, in ms. */
const longestSilence = 12_000;

/** In which order the workers are shown. */
export type Order = (typeof orders)[number];

/** What `top` shows of a process: its workers as of the last event, in an order, from a row on. */
export class TopView {
  readonly #terminal: Terminal;
  readonly #rows = new Map<string, Row>();
  #status: Status | undefined;
  /** How far the clock of the process is ahead of ours, in ms. */
  #clockOffset = 0;
  /** When the last event arrived, in ms since the epoch. */
  #lastHeard = 0;
  #order: Order = "declared";
  #first = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get order(): Order {
    return this.#order;
  }

  /** Replaces all that is known. */
  reset(status: Status): void {
    this.#status = status;
    this.#lastHeard = this.#terminal.now();
    this.#clockOffset = status.now - this.#lastHeard;
    this.#rows.clear();
    for (const row of status.workers) this.#rows.set(row.name, row);
  }

  apply({ now, state, rows = [], removed = [] }: Partial<Update>): void {
    if (this.#status === undefined) return;
    this.#lastHeard = this.#terminal.now();
    if (now !== undefined) this.#clockOffset = now - this.#lastHeard;
    if (state !== undefined) this.#status = { ...this.#status, state };
    for (const row of rows) this.#rows.set(row.name, row);
    for (const name of removed) this.#rows.delete(name);
  }

  sortNext(): void {
    this.#order = orders[(orders.indexOf(this.#order) + 1) % orders.length] ?? "declared";
    this.#first = 0;
  }

  /** Moves by rows, down if positive. */
  scroll(rows: number): void {
    this.#first = Math.min(Math.max(this.#first + rows, 0), Math.max(this.#rows.size - 1, 0));
  }

  /** The lines of the screen, at most so many, and none longer than so many columns. */
  lines(height: number, width: number): string[] {
    if (this.#status === undefined) return ["connecting …"];
    const silence = this.#terminal.now() - this.#lastHeard;
    const now = this.#terminal.now() + this.#clockOffset;
    const sorted = sort([...this.#rows.values()], this.#order);
    // Three lines are above the rows.
    const shown = sorted.slice(this.#first, this.#first + Math.max(height - 3, 0));
    const last = this.#first + shown.length;
    const range = shown.length < sorted.length ? `, ${this.#first + 1}–${last} of ${sorted.length}` : "";
    const head = [
      processLine({ ...this.#status, now, workers: sorted }, this.#terminal),
      silence > longestSilence
        ? this.#terminal.style("red", `no answer for ${formatDuration(silence)}: this was its last state; q quit`)
        : this.#terminal.style("dim", `q quit, s sort (by ${this.#order}), ↑ ↓ scroll${range}`),
    ];
    const table = statusTable(shown, now, this.#terminal, width).split("\n");
    return [...head.map((line) => cutLine(line, width)), ...table].slice(0, height);
  }
}

function sort(rows: Row[], order: Order): Row[] {
  const byName = (a: Row, b: Row): number => (a.name < b.name ? -1 : 1);
  switch (order) {
    case "declared":
      return rows;
    case "name":
      return rows.sort(byName);
    case "next":
      return rows.sort((a, b) => (a.nextDue ?? Number.MAX_VALUE) - (b.nextDue ?? Number.MAX_VALUE));
    case "failing":
      return rows.sort((a, b) => rank(a) - rank(b));
  }
}

function rank({ phase, health }: Row): number {
  if (health === "firing") return 0;
  if (phase === "overdue") return 1;
  return phase === "paused" ? 2 : 3;
}
