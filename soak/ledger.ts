import type { Faults } from "./faults.js";
import type { LoopClock } from "./loop-clock.js";
import type { Page } from "./page.js";

/** What all workers saw of their runs, in their own books. Knows nothing of what the library says. */
export class Ledger {
  readonly clock: Pick<LoopClock, "now" | "turn">;
  readonly faults: Faults;
  /** The pages on which a run is under way. */
  readonly open = new Set<Page>();
  runs = 0;
  failures = 0;
  readonly #justClosed = new Set<Page>();

  constructor(clock: Pick<LoopClock, "now" | "turn">, faults: Faults) {
    this.clock = clock;
    this.faults = faults;
  }

  /** A run is under way. */
  opened(page: Page): void {
    this.open.add(page);
    this.runs++;
  }

  closed(page: Page): void {
    this.open.delete(page);
    for (const other of this.#justClosed) if (!this.#isRecent(other)) this.#justClosed.delete(other);
    this.#justClosed.add(page);
  }

  /** Whether a run of that name is under way, or was a moment ago. */
  runsOf(name: string): boolean {
    for (const page of this.open) if (page.name === name) return true;
    for (const page of this.#justClosed) if (page.name === name && this.#isRecent(page)) return true;
    return false;
  }

  #isRecent({ ended }: Page): boolean {
    return ended.turn >= this.clock.turn - 1;
  }
}
