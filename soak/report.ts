import { type Faults, invariants } from "./faults.js";
import type { Figures } from "./soak.js";

/** A line for each invariant, and below those that were broken, what broke them. */
export function reportOf(faults: Faults, figures: Figures): string[] {
  const width = Math.max(...invariants.map(({ length }) => length));
  return invariants.flatMap((invariant) => {
    const { count, first } = faults.of(invariant);
    if (count === 0) return [`ok      ${invariant.padEnd(width)}  ${figures[invariant] ?? ""}`.trimEnd()];
    const more = count - first.length;
    return [
      `FAILED  ${invariant.padEnd(width)}  ${count === 1 ? "once" : `${count} times`}:`,
      ...first.map((fault) => `          ${fault}`),
      ...(more > 0 ? [`          and ${more} more`] : []),
    ];
  });
}
