/** What a process has that outlives a collection of garbage, counted by kind. */
export class Holdings {
  readonly listeners: ReadonlyMap<string, number>;
  readonly handles: ReadonlyMap<string, number>;

  /** Of this moment. */
  constructor() {
    const names = process.eventNames();
    this.listeners = new Map(names.map((name) => [`listeners of process to ${String(name)}`, process.listenerCount(name)]));
    this.handles = countOf(process.getActiveResourcesInfo());
  }
}

/** What there is more of than there was. */
export function surplus(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): string[] {
  return [...now]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} ${kind}`);
}

function countOf(kinds: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
