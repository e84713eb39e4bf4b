import { computed, signal } from "@preact/signals-core";
import type { Row } from "../api.js";
import { type SortKey, view } from "./location.js";
import { filter } from "./patterns.js";
import { revision, rows, since } from "./store.js";
import { isFailing } from "./words.js";

export type Kind = "failing" | "running" | "overdue" | "backoff" | "waiting" | "paused" | "stopped";

export const kinds: readonly Kind[] = ["failing", "overdue", "backoff", "running", "waiting", "paused", "stopped"];

function isOfKind(row: Row, kind: string): boolean {
  return kind === "failing" ? isFailing(row) : row.phase === kind;
}

/** How many workers there are of each kind, and since when one of them fails. */
export const totals = computed(() => {
  void revision.value;
  const counts: Record<Kind, number> = { failing: 0, running: 0, overdue: 0, backoff: 0, waiting: 0, paused: 0, stopped: 0 };
  let firstFailure = Number.POSITIVE_INFINITY;
  for (const row of rows.values()) {
    counts[row.phase]++;
    const time = since(row);
    if (!isFailing(row)) continue;
    counts.failing++;
    firstFailure = Math.min(firstFailure, time ?? Number.POSITIVE_INFINITY);
  }
  return { all: rows.size, counts, firstFailure };
});

/** The workers that the page lists, in order. */
export const listed = computed<readonly Row[]>(() => {
  void revision.value;
  const { q, show, runner, group, sort, isReversed } = view.value;
  const matches = filter(q);
  const found: Row[] = [];
  for (const row of rows.values()) {
    if (runner !== undefined && row.runner !== runner) continue;
    if (group !== undefined && row.group !== group) continue;
    if (show !== "" && !isOfKind(row, show)) continue;
    if (matches !== undefined && !matches(row.name, `${row.name} ${row.lastError ?? ""} ${row.schedule ?? ""}`)) continue;
    found.push(row);
  }
  return sorted(found, sort, isReversed);
});

/** Sorts rows that are in the order of their names by one number each. Rows without a value are last. */
function sorted(found: Row[], sort: SortKey, isReversed: boolean): Row[] {
  if (sort === "name") return isReversed ? found.reverse() : found;
  const sign = isReversed ? -1 : 1;
  const keyOf = keys[sort];
  return found.sort((a, b) => {
    const left = keyOf(a);
    const right = keyOf(b);
    if (left === right) return 0;
    if (left === null) return 1;
    if (right === null) return -1;
    return (left - right) * sign;
  });
}

const phases = ["overdue", "backoff", "paused", "running", "waiting", "stopped"];

const keys: Record<SortKey, (row: Row) => number | null> = {
  // Those that fail are first, the one that has failed for the longest time in front; then what else is unusual.
  attention: (row) => {
    if (isFailing(row)) return (since(row) ?? 0) - 1e15;
    return row.phase === "overdue" ? 0 : row.phase === "paused" ? 1 : 2;
  },
  health: (row) => (isFailing(row) ? 0 : row.health === "init" ? 1e15 : 2e15) + (since(row) ?? 0),
  name: () => 0,
  state: (row) => phases.indexOf(row.phase),
  last: (row) => (row.lastStart === null ? null : -row.lastStart),
  rate: (row) => row.successRate,
  next: (row) => row.nextDue,
};

/** The names that are ticked, and the row that the keyboard acts on. */
export const selected = signal<ReadonlySet<string>>(new Set());
export const cursor = signal<string | undefined>(undefined);

export function toggleSelected(name: string): void {
  const next = new Set(selected.peek());
  if (!next.delete(name)) next.add(name);
  selected.value = next;
}

/** A node of the tree: all workers, a runner, a group, or a worker. */
export interface TreeNode {
  readonly key: string;
  readonly depth: number;
  readonly label: string;
  readonly runner?: string;
  readonly group?: string | undefined;
  readonly worker?: string;
  readonly isOpen?: boolean | undefined;
  readonly total: number;
  readonly failing: number;
}

/** The keys of the groups that are open. Runners are open unless their key is in it. */
export const toggled = signal<ReadonlySet<string>>(new Set());

export function toggleNode(key: string): void {
  const next = new Set(toggled.peek());
  if (!next.delete(key)) next.add(key);
  toggled.value = next;
}

interface Branch {
  total: number;
  failing: number;
  groups: Map<string, Branch>;
  workers: Row[];
}

function branch(): Branch {
  return { total: 0, failing: 0, groups: new Map(), workers: [] };
}

/** The tree as lines from top to bottom, without those in closed nodes. */
export const tree = computed<readonly TreeNode[]>(() => {
  void revision.value;
  const runners = new Map<string, Branch>();
  const add = (to: Branch, row: Row): void => {
    to.total++;
    if (isFailing(row)) to.failing++;
  };
  for (const row of rows.values()) {
    const runner = entry(runners, row.runner);
    add(runner, row);
    if (row.group === null) {
      runner.workers.push(row);
    } else {
      const group = entry(runner.groups, row.group);
      add(group, row);
      group.workers.push(row);
    }
  }
  const { all, counts } = totals.value;
  const lines: TreeNode[] = [{ key: "all", depth: 0, label: "All workers", total: all, failing: counts.failing }];
  for (const [name, runner] of [...runners].sort(byName)) {
    const key = `runner ${name}`;
    const isOpen = !toggled.value.has(key);
    const hasLine = runners.size > 1;
    const { total, failing } = runner;
    if (hasLine) lines.push({ key, depth: 0, label: name || "this runner", runner: name, isOpen, total, failing });
    if (hasLine && !isOpen) continue;
    const depth = hasLine ? 1 : 0;
    for (const [label, group] of [...runner.groups].sort(byName)) {
      const key = `group ${name}\n${label}`;
      const isOpen = toggled.value.has(key);
      const { total, failing } = group;
      lines.push({ key, depth, label: shorten(label, name), runner: name, group: label, isOpen, total, failing });
      if (isOpen) addWorkers(lines, group.workers, depth + 1, label);
    }
    addWorkers(lines, runner.workers, depth, name);
  }
  return lines;
});

function entry(branches: Map<string, Branch>, name: string): Branch {
  let found = branches.get(name);
  if (found === undefined) branches.set(name, (found = branch()));
  return found;
}

function byName([a]: [string, Branch], [b]: [string, Branch]): number {
  return a < b ? -1 : 1;
}

function addWorkers(lines: TreeNode[], workers: Row[], depth: number, prefix: string): void {
  for (const row of workers) {
    const { name } = row;
    const failing = isFailing(row) ? 1 : 0;
    lines.push({ key: `worker ${name}`, depth, label: shorten(name, prefix), worker: name, total: 1, failing });
  }
}

/** Without the name of the parent, which is the line above. */
function shorten(name: string, prefix: string): string {
  return prefix !== "" && name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : name;
}
