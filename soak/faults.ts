/** The names of the checks, in the order of the report. The docstring of `main.ts` says what each one checks. */
export const checks = [
  "no overlap",
  "paused is paused",
  "no lost worker",
  "commands",
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

export type Check = (typeof checks)[number];

/** What each check has measured, for the report. */
export type Figures = Partial<Record<Check, string>>;

/** How many faults of each check are kept as text, so that a broken library does not fill the memory. */
const kept = 5;

/** The violations found so far, counted by check. */
export class Faults {
  readonly #found = new Map<Check, { count: number; readonly first: string[] }>();

  add(check: Check, fault: string): void {
    const found = this.#found.get(check) ?? { count: 0, first: [] };
    this.#found.set(check, found);
    if (++found.count <= kept) found.first.push(fault);
  }

  of(check: Check): { readonly count: number; readonly first: readonly string[] } {
    return this.#found.get(check) ?? { count: 0, first: [] };
  }

  get count(): number {
    return checks.reduce((sum, check) => sum + this.of(check).count, 0);
  }
}

/** The report: a line for each check, and below a failed check its first faults. */
export function reportLines(faults: Faults, figures: Figures): string[] {
  const width = Math.max(...checks.map(({ length }) => length));
  return checks.flatMap((check) => {
    const { count, first } = faults.of(check);
    if (count === 0) return [`ok      ${check.padEnd(width)}  ${figures[check] ?? ""}`.trimEnd()];
    const more = count - first.length;
    return [
      `FAILED  ${check.padEnd(width)}  ${count === 1 ? "once" : `${count} times`}:`,
      ...first.map((fault) => `          ${fault}`),
      ...(more > 0 ? [`          and ${more} more`] : []),
    ];
  });
}
