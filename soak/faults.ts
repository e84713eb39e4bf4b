/** What must hold of a soak, whatever happens. */
export const invariants = [
  "no overlap",
  "paused is paused",
  "no lost worker",
  "orders",
  "counts",
  "shutdown",
  "runs end",
  "second run",
  "garbage",
  "heap, slope",
  "heap, after",
  "listeners",
  "handles",
  "process",
] as const;

export type Invariant = (typeof invariants)[number];

/** How many of each kind are kept. */
const kept = 5;

/** What was found to be broken. Counts all of it, and keeps the first of each kind: a broken library is not to fill the memory. */
export class Faults {
  readonly #found = new Map<Invariant, { count: number; readonly first: string[] }>();

  add(invariant: Invariant, what: string): void {
    const found = this.#found.get(invariant) ?? { count: 0, first: [] };
    this.#found.set(invariant, found);
    if (++found.count <= kept) found.first.push(what);
  }

  of(invariant: Invariant): { readonly count: number; readonly first: readonly string[] } {
    return this.#found.get(invariant) ?? { count: 0, first: [] };
  }

  get count(): number {
    return invariants.reduce((sum, invariant) => sum + this.of(invariant).count, 0);
  }
}
