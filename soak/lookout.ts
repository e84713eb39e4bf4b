import { monitorEventLoopDelay } from "node:perf_hooks";
import { audit } from "./audit.js";
import type { Fleet } from "./fleet.js";
import { heapInUse } from "./heap.js";
import type { HeapSample } from "./heap-trend.js";
import type { Storm } from "./storm.js";
import type { Yard } from "./yard.js";

/** In ms. */
const every = { audit: 1_000, report: 10_000 };

/** Looks at all from time to time while the storm goes on: audits the books, samples the heap, and tells how it goes. */
export class Lookout {
  audits = 0;
  readonly samples: HeapSample[] = [];
  readonly #fleets: readonly Fleet[];
  readonly #storm: Storm;
  readonly #yard: Yard;
  readonly #tell: (line: string) => void;
  readonly #lag = monitorEventLoopDelay();
  readonly #begun = performance.now();
  readonly #timers: readonly NodeJS.Timeout[];

  /** @param sampling how often the heap is looked at, in ms */
  constructor(fleets: readonly Fleet[], storm: Storm, yard: Yard, sampling: number, tell: (line: string) => void) {
    this.#fleets = fleets;
    this.#storm = storm;
    this.#yard = yard;
    this.#tell = tell;
    this.#lag.enable();
    this.#timers = [
      setInterval(() => this.#audit(), every.audit),
      setInterval(() => this.samples.push({ runs: yard.ledger.runs, heap: heapInUse() }), sampling),
      setInterval(() => this.#report(), every.report),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#lag.disable();
  }

  #audit(): void {
    this.audits++;
    for (const fleet of this.#fleets) audit(fleet, this.#yard);
  }

  #report(): void {
    const { ledger, weather, faults } = this.#yard;
    const workers = this.#fleets.reduce((sum, { runner }) => sum + runner.workers.length, 0);
    const columns = [
      `${Math.round((performance.now() - this.#begun) / 1_000)} s`.padStart(6),
      `${workers} workers`,
      `${ledger.runs} runs`.padStart(13),
      `${ledger.failures} failures`.padStart(16),
      `${weather.hanging} hang`.padStart(8),
      `${this.#storm.orders} orders`.padStart(13),
      `heap ${((this.samples.at(-1)?.heap ?? 0) / 1e6).toFixed(1)} MB`,
      `loop late by ${Math.round(this.#lag.max / 1e6)} ms at most`,
      `${faults.count} faults`,
    ];
    this.#lag.reset();
    this.#tell(columns.join("  "));
  }
}
