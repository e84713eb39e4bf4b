import { performance as nodePerformance } from "node:perf_hooks";
import { readProperty } from "../errors/read-value.js";

/** The clock by which the timers of `globalThis` fire. */
export interface Clock {
  /** Returns the time in ms, from an arbitrary origin. */
  now(): number;
  /** Why this clock and the timers disagree, for the log; undefined if they agree. */
  readonly problem: string | undefined;
  /** Whether the wall clock is known never to be set, so that it need not be watched. */
  readonly isSteady: boolean;
}

/** A fake clock with this property set to true promises that its `Date` goes with its timers, and is never set. */
export const steadyClock = Symbol.for("watchbill:steadyClock");

/**
 * Returns the clock by which the timers of `globalThis` fire now: the monotonic clock, or the clock of the fake timers that are
 * installed. A `setTimeout` that is wrapped, as by zone.js and APM agents, is not fake. Intervals never use the real wall clock.
 *
 * Recognises @sinonjs/fake-timers, which sinon, Jest and Vitest use, whatever they fake and whether they were installed before or
 * after this module was loaded; the mock timers of `node:test`, if they mock `Date` too; and others that replace `Date` or
 * `performance`.
 */
export function installedClock(): Clock {
  const { setTimeout } = globalThis;
  // The types of the DOM, with which the page of the dashboard is checked, have another `performance` than those of Node.
  const performance: { now(): number } = globalThis.performance;
  const isPerformanceFake = performance !== nodePerformance || performance.now !== originalNow;
  const fakeClock = readProperty(setTimeout, "clock");
  if (typeof readProperty(fakeClock, "now") === "number") {
    const methods = readProperty(fakeClock, "methods");
    const fakesPerformance = Array.isArray(methods) ? methods.includes("performance") : isPerformanceFake;
    const now = fakesPerformance ? () => performance.now() : () => Number(readProperty(fakeClock, "now"));
    return { now, problem: undefined, isSteady: readProperty(fakeClock, steadyClock) === true };
  }
  if (setsRealTimers()) return clockOf(() => nodePerformance.now());
  if (globalThis.Date !== originalDate || "isMock" in globalThis.Date) return clockOf(() => Date.now());
  if (isPerformanceFake) return clockOf(() => performance.now());
  return clockOf(
    () => nodePerformance.now(),
    "setTimeout has been replaced, but neither Date nor performance: if these are fake timers, no worker runs; fake Date too",
  );
}

const originalDate = globalThis.Date;
/** Only for comparison: it is not bound. */
const originalNow: unknown = Reflect.get(nodePerformance, "now");

function clockOf(now: () => number, problem?: string): Clock {
  return { now, problem, isSteady: false };
}

/**
 * Returns whether `setTimeout` sets timers of the runtime, directly or through a wrapper: Node's timers have a field that fakes
 * lack.
 */
function setsRealTimers(): boolean {
  if ("Deno" in globalThis) return globalThis.setTimeout === originalSetTimeout;
  const handle = globalThis.setTimeout(() => {}, 1);
  globalThis.clearTimeout(handle);
  return typeof handle === "object" && "_idleTimeout" in handle;
}

const originalSetTimeout = globalThis.setTimeout;
