/** What one task saved: plain data, possibly from another process and from another version of this library. */
export type SnapshotEntry = Readonly<Record<string, unknown>>;

/**
 * What the tasks of a distributed worker save between two leased runs: entries by kind, within a kind the outermost task first.
 */
export class Snapshot {
  readonly #entries = new Map<string, SnapshotEntry[]>();

  /** Reads what {@link toJSON} returned. Leaves out what is malformed. */
  static from(stored: unknown): Snapshot {
    const snapshot = new Snapshot();
    if (!isSnapshotEntry(stored)) return snapshot;
    for (const [kind, entries] of Object.entries(stored))
      if (Array.isArray(entries)) for (const entry of entries) if (isSnapshotEntry(entry)) snapshot.write(kind, entry);
    return snapshot;
  }

  write(kind: string, entry: SnapshotEntry): void {
    const entries = this.#entries.get(kind);
    if (entries === undefined) this.#entries.set(kind, [entry]);
    else entries.push(entry);
  }

  /** Removes and returns the next entry of a kind. */
  take(kind: string): SnapshotEntry | undefined {
    return this.#entries.get(kind)?.shift();
  }

  /** Removes all entries of a kind. */
  remove(kind: string): void {
    this.#entries.delete(kind);
  }

  /** Returns the next entry of a kind. */
  peek(kind: string): SnapshotEntry | undefined {
    return this.#entries.get(kind)?.[0];
  }

  toJSON(): Record<string, SnapshotEntry[]> {
    return Object.fromEntries([...this.#entries].map(([kind, entries]) => [kind, [...entries]]));
  }
}

/** Whether a value is an object with fields, and not an array. */
export function isSnapshotEntry(value: unknown): value is SnapshotEntry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a field that is a finite number; undefined if there is none of that name. */
export function numberIn(entry: SnapshotEntry | undefined, field: string): number | undefined {
  const value = entry?.[field];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
