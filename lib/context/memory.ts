/** What one link has written down: plain data, as it may have come from another process, and from another version of this one. */
export type Note = Readonly<Record<string, unknown>>;

/** What the links of a distributed worker have written down between two turns: by kind, and in each kind the outermost first. */
export class Memory {
  readonly #notes = new Map<string, Note[]>();

  /** Reads what {@link toJSON} has written. Leaves out what makes no sense. */
  static from(stored: unknown): Memory {
    const memory = new Memory();
    if (!isNote(stored)) return memory;
    for (const [kind, notes] of Object.entries(stored))
      if (Array.isArray(notes)) for (const note of notes) if (isNote(note)) memory.write(kind, note);
    return memory;
  }

  write(kind: string, note: Note): void {
    const notes = this.#notes.get(kind);
    if (notes === undefined) this.#notes.set(kind, [note]);
    else notes.push(note);
  }

  /** What comes next in its kind; it is gone from here then. */
  recall(kind: string): Note | undefined {
    return this.#notes.get(kind)?.shift();
  }

  /** What would come next. */
  first(kind: string): Note | undefined {
    return this.#notes.get(kind)?.[0];
  }

  toJSON(): Record<string, Note[]> {
    return Object.fromEntries([...this.#notes].map(([kind, notes]) => [kind, [...notes]]));
  }
}

export function isNote(value: unknown): value is Note {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A number of a note; undefined, if there is none of that name. */
export function numberIn(note: Note | undefined, field: string): number | undefined {
  const value = note?.[field];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
