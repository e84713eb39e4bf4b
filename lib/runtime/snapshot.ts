/** What one link has written down: plain data, as it may have come from another process, and from another version of this one. */
export type SnapshotEntry = Readonly<Record<string, unknown>>;

/** What the links of a distributed worker have written down between two turns: by kind, and in each kind the outermost first. */
export class Snapshot {
  readonly #notes = new Map<string, SnapshotEntry[]>();

  /** Reads what {@link toJSON} has written. Leaves out what makes no sense. */
  static from(stored: unknown): Snapshot {
    const snapshot = new Snapshot();
    if (!isSnapshotEntry(stored)) return snapshot;
    for (const [kind, notes] of Object.entries(stored))
      if (Array.isArray(notes)) for (const note of notes) if (isSnapshotEntry(note)) snapshot.write(kind, note);
    return snapshot;
  }

  write(kind: string, note: SnapshotEntry): void {
    const notes = this.#notes.get(kind);
    if (notes === undefined) this.#notes.set(kind, [note]);
    else notes.push(note);
  }

  /** What comes next in its kind; it is gone from here then. */
  recall(kind: string): SnapshotEntry | undefined {
    return this.#notes.get(kind)?.shift();
  }

  /** What would come next. */
  first(kind: string): SnapshotEntry | undefined {
    return this.#notes.get(kind)?.[0];
  }

  toJSON(): Record<string, SnapshotEntry[]> {
    return Object.fromEntries([...this.#notes].map(([kind, notes]) => [kind, [...notes]]));
  }
}

export function isSnapshotEntry(value: unknown): value is SnapshotEntry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A number of a note; undefined, if there is none of that name. */
export function numberIn(note: SnapshotEntry | undefined, field: string): number | undefined {
  const value = note?.[field];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
