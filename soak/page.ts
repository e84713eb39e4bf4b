import type { Ledger } from "./ledger.js";

/** `unsure`: it succeeded, but may have been over its time, as far as it can tell. `done`: it is not to be run again. */
export type Ending = "ended" | "failed" | "done" | "unsure";

/** One worker's page in the ledger, written by its own code: finds every run that begins while another is under way. */
export class Page {
  /** As the library calls it, once it has called. */
  name: string;
  /** Since the library began to count, as are the next two. */
  runs = 0;
  failures = 0;
  /** Runs of which it cannot tell whether they were too late. */
  unsure = 0;
  /** All runs, whatever the library counts. */
  total = 0;
  /** All of them that failed. */
  failed = 0;
  /** When it last gave a sign of life, on the clock of the event loop. */
  seenAt: number;
  /** When its last run ended: on the real clock, and in which turn of the event loop. */
  ended = { at: Number.NEGATIVE_INFINITY, turn: Number.NEGATIVE_INFINITY };
  /** Nothing of it may run. */
  isHeld = false;
  /** It has said itself that it is done for good, and has not been run again. */
  isDone = false;
  readonly #ledger: Ledger;

  constructor(name: string, ledger: Ledger) {
    this.name = name;
    this.#ledger = ledger;
    this.seenAt = ledger.clock.now;
  }

  get isOpen(): boolean {
    return this.#ledger.open.has(this);
  }

  /** The library counts from nought. */
  newTerm(): void {
    this.runs = this.failures = this.unsure = 0;
    this.isHeld = false;
    this.beat();
  }

  begin(name: string): void {
    const { faults } = this.#ledger;
    this.name = name;
    if (this.isOpen) faults.add("no overlap", `${name}: a run began while another was under way`);
    if (this.isHeld) faults.add("paused is paused", `${name}: a run began while it was paused`);
    this.isDone = false;
    this.runs++;
    this.total++;
    this.#ledger.opened(this);
    this.beat();
  }

  /** A sign of life. */
  beat(): void {
    this.seenAt = this.#ledger.clock.now;
  }

  end(ending: Ending): void {
    this.ended = { at: performance.now(), turn: this.#ledger.clock.turn };
    this.#ledger.closed(this);
    this.isDone = ending === "done";
    if (ending === "unsure") this.unsure++;
    if (ending === "failed") {
      this.failures++;
      this.failed++;
      this.#ledger.failures++;
    }
    this.beat();
  }
}
