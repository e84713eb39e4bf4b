import type { Logger } from "./logger.js";

/**
 * What a worker is given when it runs. It belongs to that one worker; every member may be destructured,
 * but a copy by `{ ...context }` is empty: its members are made when they are read.
 */
export interface WorkerContext {
  /** Aborts when the worker is to stop. The worker must then return, or reject with the signal's reason or an `AbortError`. */
  readonly signal: AbortSignal;
  /** The worker's name, for example `"github/commits"`. */
  readonly name: string;
  /** How many failures in a row came before this run: 0 for the first. */
  readonly attempt: number;
  /** Writes to the roster's logger with the worker's name on every entry. Never throws. */
  readonly logger: Logger;
  /** Reports the health of a worker that runs on: `checkpoint()` if all is well, `checkpoint(error)` if something is not. */
  readonly checkpoint: (error?: unknown) => void;
}
