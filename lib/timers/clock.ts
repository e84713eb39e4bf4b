import { performance as nodePerformance } from "node:perf_hooks";
import { readProperty } from "../errors/foreign-value.js";

/** The clock of the timers of `globalThis`. */
export interface Clock {
  /** The time in ms, from an arbitrary origin. */
  now(): number;
  /** Why due times and timers do not agree, for the log; undefined if they do. */
  readonly problem: string | undefined;
}

/**
 * The clock that the timers of `globalThis` go by now: the monotonic one, or that of the fake timers that are installed. A
 * `setTimeout` that is wrapped, as zone.js and APM agents do it, is not fake: the wall clock is never taken for intervals.
 *
 * Recognises @sinonjs/fake-timers, which sinon, Jest and Vitest use, whatever they fake and whether they were installed before
 * this module was loaded or after; the mock timers of `node:test`, if they mock `Date` too; and others that replace `Date` or
 * `performance`.
 */
export function installedClock(): Clock {
  const { setTimeout, performance } = globalThis;
  const isPerformanceFake = performance !== nodePerformance || performance.now !== originalNow;
  const fakeClock = readProperty(setTimeout, "clock");
  if (typeof readProperty(fakeClock, "now") === "number") {
    const methods = readProperty(fakeClock, "methods");
    const fakesPerformance = Array.isArray(methods) ? methods.includes("performance") : isPerformanceFake;
    return clockOf(fakesPerformance ? () => performance.now() : () => Number(readProperty(fakeClock, "now")));
  }
  if (setsRealTimers()) return clockOf(() => nodePerformance.now());
  if (globalThis.Date !== originalDate || "isMock" in globalThis.Date) return clockOf(() => Date.now());
  if (isPerformanceFake) return clockOf(() => performance.now());
  return clockOf(
    () => nodePerformance.now(),
    "setTimeout has been replaced, and neither Date nor performance with it: if that was to fake the time, no worker runs; fake Date too",
  );
}

const originalDate = globalThis.Date;
/** Compared, and never called. */
const originalNow: unknown = Reflect.get(nodePerformance, "now");

function clockOf(now: () => number, problem?: string): Clock {
  return { now, problem };
}

/**
 * Whether `setTimeout` sets timers of the runtime, if only through what it wraps: Node's have a field that fake ones do without.
 */
function setsRealTimers(): boolean {
  if ("Deno" in globalThis) return globalThis.setTimeout === originalSetTimeout;
  const handle = globalThis.setTimeout(() => {}, 1);
  globalThis.clearTimeout(handle);
  return typeof handle === "object" && "_idleTimeout" in handle;
}

const originalSetTimeout = globalThis.setTimeout;
