import type { Logger } from "./logger.js";

/**
 * What a worker is given when it runs. It belongs to that one worker, and every member may be destructured. A copy by
 * `{ ...context }` has none of the members, as they are made when they are read; it does not compile. To change one of them, name the
 * others: `{ signal, name, attempt, logger, reportHealth }`. In a spec, an object literal with the five members is a context.
 */
export interface WorkerContext extends ReadWhenUsed {}

/** A class, and with accessors, since those are what TypeScript leaves out of the type of a spread. There is none at run time. */
declare abstract class ReadWhenUsed {
  /** Aborts when the worker is to stop. The worker must then return, or reject with the signal's reason or an `AbortError`. */
  get signal(): AbortSignal;
  /** The worker's name, for example `"github/commits"`. */
  get name(): string;
  /** How many failures in a row came before this run: 0 for the first. */
  get attempt(): number;
  /** Writes to the roster's logger with the worker's name on every entry. Never throws. */
  get logger(): Logger;
  /** Reports the health of a worker that runs on: `reportHealth()` if all is well, `reportHealth(error)` if something is not. */
  get reportHealth(): (error?: unknown) => void;
}
