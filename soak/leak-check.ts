import { setImmediate as nextTurn } from "node:timers/promises";
import type { Violations } from "./violations.js";

/** Counts the objects that must become garbage but are still reachable. A count has none of the noise of the heap's size. */
export class LeakCheck {
  /** How many objects were watched in all. */
  watched = 0;
  readonly #left = new Map<string, number>();
  readonly #registry = new FinalizationRegistry<string>((kind) => this.#add(kind, -1));

  /** @param kind what the object is, in the plural, for a message */
  watch(kind: string, object: object): void {
    this.watched++;
    this.#add(kind, 1);
    this.#registry.register(object, kind);
  }

  /** How many objects of each kind are reachable: the least of ten counts, as workers go on and more objects are watched. */
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

/** The size of the heap in bytes, after that many runs. */
export type HeapSample = Readonly<Record<"runs" | "heap", number>>;

/** Heap growth in bytes per run, by least squares, with its 99% confidence interval. */
export type HeapTrend = Readonly<Record<"slope" | "low" | "high", number>>;

/**
 * Growth that is not a leak: V8 compiles for minutes, which adds some hundred KB in all; and the samples are less independent of
 * each other than the confidence interval assumes.
 */
const noise = { bytes: 1_500_000, bytesPerRun: 4 };

/** Adds a violation if the heap grows with the runs. Ignores the first third of the samples, in which it has not levelled off. */
export function checkHeapTrend(samples: readonly HeapSample[], violations: Violations): string {
  const level = samples.slice(Math.ceil(samples.length / 3));
  const [first, last] = [level.at(0), level.at(-1)];
  if (first === undefined || last === undefined || level.length < 10) return "too few samples";
  const trend = heapTrend(level);
  const figure = `${trend.slope.toFixed(1)} bytes a run, 99% confidence ${trend.low.toFixed(1)} to ${trend.high.toFixed(1)}`;
  if (isLeak(trend, last.runs - first.runs)) violations.add("heap, slope", `grows by ${figure}`);
  return figure;
}

/** Whether the heap certainly grows by more than noise: per run, and in all over that many runs. */
export function isLeak({ low }: HeapTrend, runs: number): boolean {
  return low > noise.bytesPerRun && low * runs > noise.bytes;
}

/** @throws RangeError if there are fewer than three samples, or no runs between them */
export function heapTrend(samples: readonly HeapSample[]): HeapTrend {
  const freedom = samples.length - 2;
  const sum = (term: (sample: HeapSample) => number): number => samples.reduce((sum, each) => sum + term(each), 0);
  const meanRuns = sum(({ runs }) => runs) / samples.length;
  const meanHeap = sum(({ heap }) => heap) / samples.length;
  const spread = sum(({ runs }) => (runs - meanRuns) ** 2);
  if (freedom < 1 || spread === 0) throw new RangeError(`${samples.length} samples make no trend`);
  const slope = sum(({ runs, heap }) => (runs - meanRuns) * (heap - meanHeap)) / spread;
  const residue = sum(({ runs, heap }) => (heap - meanHeap - slope * (runs - meanRuns)) ** 2);
  const margin = studentT(freedom) * Math.sqrt(residue / freedom / spread);
  return { slope, low: slope - margin, high: slope + margin };
}

/** The two-sided 99% quantile of Student's t, by its expansion around the normal one; from ten degrees of freedom within 1%. */
function studentT(freedom: number): number {
  const z = 2.5758;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

/**
 * Records warnings and unhandled errors of the process as violations, so they do not end it. Returns a function that stops this,
 * and adds a violation for each kind of listener on `process` and of handle that has become more.
 */
export function watchProcess(violations: Violations): () => void {
  const before = resourcesOfProcess();
  const unwatch = (["unhandledRejection", "uncaughtException", "warning"] as const).map((event) => {
    const listener = (error: unknown): void => {
      violations.add("process", `${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    };
    process.on(event, listener);
    return () => process.off(event, listener);
  });
  return () => {
    for (const off of unwatch) off();
    const after = resourcesOfProcess();
    for (const check of ["listeners", "handles"] as const)
      for (const kind of new Set(after[check])) {
        const countIn = (kinds: readonly string[]): number => kinds.filter((each) => each === kind).length;
        const more = countIn(after[check]) - countIn(before[check]);
        if (more > 0) violations.add(check, `${more} ${kind} left behind`);
      }
  };
}

/** The kind of each listener on `process`, and of each handle that keeps it alive. */
function resourcesOfProcess(): Readonly<Record<"listeners" | "handles", readonly string[]>> {
  const listeners = process.eventNames().flatMap((event) => {
    const kind = `listeners of process to ${String(event)}`;
    return Array.from({ length: process.listenerCount(event) }, () => kind);
  });
  return { listeners, handles: process.getActiveResourcesInfo() };
}
