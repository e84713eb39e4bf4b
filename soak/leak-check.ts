import type { EventEmitter } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { inspect } from "node:util";
import type { Violations } from "./violations.js";

/** How many watched objects of a kind may be reachable: the last few are, for example from the stack of an error that is kept. */
const reachableAtMost = 100;

/** Counts the objects that must become garbage but are still reachable. A count has none of the noise of the heap's size. */
export class LeakCheck {
  readonly #left = new Map<string, number>();
  readonly #registry = new FinalizationRegistry<string>((kind) => this.#add(kind, -1));

  /** @param kind what the object is, in the plural, for a message */
  watch(kind: string, object: object): void {
    this.#add(kind, 1);
    this.#registry.register(object, kind);
  }

  #add(kind: string, change: number): void {
    this.#left.set(kind, (this.#left.get(kind) ?? 0) + change);
  }

  async check(violations: Violations): Promise<void> {
    await collectAllGarbage();
    for (const [kind, left] of this.#left)
      if (left > reachableAtMost) violations.add("garbage", `${left} ${kind} are still reachable`);
  }
}

/** @throws Error if Node runs without `--expose-gc` */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error("the garbage collector is not exposed: run node with --expose-gc");
  globalThis.gc();
}

/** Some objects only become garbage, and are counted as such, after a few turns of the event loop. */
async function collectAllGarbage(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    collectGarbage();
    await nextTurn();
  }
}

/** The size of the heap after a garbage collection, in bytes. */
export function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** The same while nothing runs. */
export async function heapAtRest(): Promise<number> {
  await collectAllGarbage();
  return heapInUse();
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
export function checkHeapTrend(samples: readonly HeapSample[], violations: Violations): void {
  const level = samples.slice(Math.ceil(samples.length / 3));
  const [first, last] = [level.at(0), level.at(-1)];
  if (first === undefined || last === undefined || level.length < 10) return;
  const trend = heapTrend(level);
  const figure = `${trend.slope.toFixed(1)} bytes a run, 99% confidence ${trend.low.toFixed(1)} to ${trend.high.toFixed(1)}`;
  if (isLeak(trend, last.runs - first.runs)) violations.add("heap, slope", `grows by ${figure}`);
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
 * Records warnings and unhandled errors of the process as violations, so they do not end it. Returns a function that adds a
 * violation for each listener on `process` and each handle that is left behind.
 */
export function watchProcess(violations: Violations): () => void {
  for (const event of ["unhandledRejection", "uncaughtException", "warning"] as const)
    process.on(event, (error: unknown) => violations.add("process", `${event}: ${inspect(error)}`));
  const before = resourcesOfProcess();
  return () => {
    const after = resourcesOfProcess();
    for (const check of ["listeners", "handles"] as const)
      for (const kind of added(before[check], after[check])) violations.add(check, `${kind} is left behind`);
  };
}

/** The kind of each listener on `process`, and of each handle that keeps it alive. */
function resourcesOfProcess() {
  const emitter: EventEmitter = process;
  const events = emitter.eventNames().flatMap((event) => emitter.listeners(event).map(() => String(event)));
  return { listeners: events.map((event) => `a listener of process to ${event}`), handles: process.getActiveResourcesInfo() };
}

/** What `after` has more often than `before`. */
function added(before: readonly string[], after: readonly string[]): string[] {
  const countIn = (kinds: readonly string[], kind: string): number => kinds.filter((each) => each === kind).length;
  return after.filter((kind, index) => countIn(after.slice(0, index + 1), kind) > countIn(before, kind));
}
