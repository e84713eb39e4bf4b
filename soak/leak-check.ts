import { setImmediate as nextTurn } from "node:timers/promises";
import type { Faults } from "./faults.js";

/** Counts the objects that must become garbage but are still reachable. A count has none of the noise of the heap's size. */
export class LeakCheck {
  readonly #left = new Map<string, number>();
  #watched = 0;
  readonly #registry = new FinalizationRegistry<string>((kind) => this.#add(kind, -1));

  /** How many objects were watched in all. */
  get watched(): number {
    return this.#watched;
  }

  /** @param kind what the object is, in the plural, for a message */
  watch(kind: string, object: object): void {
    this.#watched++;
    this.#add(kind, 1);
    this.#registry.register(object, kind);
  }

  /**
   * How many objects of each kind are reachable: the least of ten counts, as workers go on meanwhile and more objects are
   * watched.
   */
  async left(): Promise<ReadonlyMap<string, number>> {
    const least = new Map(this.#left);
    for (let count = 0; count < 10; count++) {
      collectGarbage();
      await nextTurn();
      for (const [kind, left] of this.#left) least.set(kind, Math.min(left, least.get(kind) ?? left));
    }
    return least;
  }

  #add(kind: string, change: number): void {
    this.#left.set(kind, (this.#left.get(kind) ?? 0) + change);
  }
}

/** @throws Error if Node runs without `--expose-gc` */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error("the garbage collector is not exposed: run node with --expose-gc");
  globalThis.gc();
}

/** The size of the heap after a garbage collection, in bytes. */
export function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** The same while nothing runs: some objects only become garbage after a few turns of the event loop. */
export async function heapAtRest(): Promise<number> {
  let least = heapInUse();
  for (let attempt = 0; attempt < 5; attempt++) {
    await nextTurn();
    least = Math.min(least, heapInUse());
  }
  return least;
}

export interface HeapSample {
  /** How many runs there had been. */
  readonly runs: number;
  /** The size of the heap after a garbage collection, in bytes. */
  readonly heap: number;
}

/** Heap growth in bytes per run, by least squares, with its 99% confidence interval. */
export interface HeapTrend {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Growth that is not a leak: V8 compiles for minutes, which adds some hundred KB in all; and the samples are less independent of
 * each other than the confidence interval assumes.
 */
const noise = { bytes: 1_500_000, bytesPerRun: 4 };

/** @throws RangeError if there are fewer than three samples, or no runs between them */
export function heapTrend(samples: readonly HeapSample[]): HeapTrend {
  const freedom = samples.length - 2;
  const meanRuns = meanOf(samples.map(({ runs }) => runs));
  const meanHeap = meanOf(samples.map(({ heap }) => heap));
  const spread = samples.reduce((sum, { runs }) => sum + (runs - meanRuns) ** 2, 0);
  if (freedom < 1 || spread === 0) throw new RangeError(`${samples.length} samples make no trend`);
  const slope = samples.reduce((sum, { runs, heap }) => sum + (runs - meanRuns) * (heap - meanHeap), 0) / spread;
  const residue = samples.reduce((sum, { runs, heap }) => sum + (heap - meanHeap - slope * (runs - meanRuns)) ** 2, 0);
  const margin = studentT(freedom) * Math.sqrt(residue / freedom / spread);
  return { slope, low: slope - margin, high: slope + margin };
}

/** Whether the heap certainly grows by more than noise: per run, and in all over that many runs. */
export function isLeak({ low }: HeapTrend, runs: number): boolean {
  return low > noise.bytesPerRun && low * runs > noise.bytes;
}

/** Adds a fault if the heap grows with the runs. Ignores the first third of the samples, in which it has not levelled off. */
export function checkHeapTrend(samples: readonly HeapSample[], faults: Faults): string {
  const level = samples.slice(Math.ceil(samples.length / 3));
  const [first, last] = [level.at(0), level.at(-1)];
  if (first === undefined || last === undefined || level.length < 10) return "too few samples";
  const trend = heapTrend(level);
  const figure = `${trend.slope.toFixed(1)} bytes a run, 99% confidence ${trend.low.toFixed(1)} to ${trend.high.toFixed(1)}`;
  if (isLeak(trend, last.runs - first.runs)) faults.add("heap, slope", `grows by ${figure}`);
  return figure;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The two-sided 99% quantile of Student's t, by its expansion around the normal one; from ten degrees of freedom on within 1%.
 */
function studentT(freedom: number): number {
  const z = 2.5758;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

/**
 * Counts the listeners on `process` and the handles that keep it alive, and records its warnings and unhandled errors as faults
 * (so they do not end the process). Returns a function that stops this, and adds a fault for each listener and handle in excess
 * of the counts.
 */
export function watchProcess(faults: Faults): () => void {
  const before = { listeners: processListeners(), handles: process.getActiveResourcesInfo() };
  const unwatch = (["unhandledRejection", "uncaughtException", "warning"] as const).map((event) => {
    const listener = (error: unknown): void => {
      faults.add("process", `${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    };
    process.on(event, listener);
    return () => process.off(event, listener);
  });
  return () => {
    for (const off of unwatch) off();
    for (const surplus of surplusOf(processListeners(), before.listeners)) faults.add("listeners", `${surplus} left behind`);
    for (const surplus of surplusOf(process.getActiveResourcesInfo(), before.handles))
      faults.add("handles", `${surplus} left behind`);
  };
}

/** One entry for each listener. */
function processListeners(): string[] {
  const kindOf = (event: string | symbol): string => `listeners of process to ${String(event)}`;
  return process.eventNames().flatMap((event) => Array.from({ length: process.listenerCount(event) }, () => kindOf(event)));
}

/** The kinds of which `now` has more entries than `before`, each with the difference. */
function surplusOf(now: readonly string[], before: readonly string[]): string[] {
  const count = (kinds: readonly string[], kind: string): number => kinds.filter((each) => each === kind).length;
  const more = [...new Set(now)].map((kind) => [count(now, kind) - count(before, kind), kind] as const);
  return more.filter(([surplus]) => surplus > 0).map(([surplus, kind]) => `${surplus} ${kind}`);
}
