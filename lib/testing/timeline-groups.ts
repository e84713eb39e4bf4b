import { printable } from "./printable.js";
import type { WorkerTimeline } from "./timeline.js";

/** Workers that are shown together. */
export interface WorkerRows {
  /** Null if no worker has a group. */
  readonly title: string | null;
  readonly rows: readonly WorkerRow[];
}

export interface WorkerRow {
  readonly worker: WorkerTimeline;
  /** Its name without that of the group. */
  readonly label: string;
}

/** The workers by group, in the order in which the groups and the workers were declared. Titles and labels are printable. */
export function groupRows(workers: readonly WorkerTimeline[]): WorkerRows[] {
  const groups = new Map<string | null, WorkerRow[]>();
  for (const worker of workers) {
    const { name, group } = worker;
    const rows = groups.get(group) ?? [];
    groups.set(group, rows);
    const label = group !== null && name.startsWith(`${group}/`) ? name.slice(group.length + 1) : name;
    rows.push({ worker, label: printable(label) });
  }
  const hasGroups = workers.some(({ group }) => group !== null);
  const titleOf = (group: string | null): string | null => (hasGroups ? printable(group ?? "ungrouped") : null);
  return Array.from(groups, ([group, rows]) => ({ title: titleOf(group), rows }));
}
