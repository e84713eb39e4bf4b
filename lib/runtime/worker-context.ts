import type { Logger } from "./logger.js";

/**
 * The argument of every worker and job. It belongs to that one worker, and every member may be destructured. A copy by `{
 * ...context }` has none of the members, because they are accessors; it does not compile. To change one member, name the others:
 * `{ signal, name, attempt, logger, reportHealth }`. In a spec, an object literal with the five members is a context.
 */
export interface WorkerContext extends ReadWhenUsed {
  /**
   * When the run was due, in ms since the epoch: the same for all its attempts, and for a distributed worker also when the run is
   * repeated on another replica, so that it can be part of an idempotency key. Of a run that was triggered, when that was; of a
   * continuous worker, when it was started. Present in every run; optional so that a literal context needs no such member.
   */
  readonly scheduledAt?: number | undefined;
  /**
   * A number that is greater for each run of a distributed worker than for all earlier ones, on all replicas and after restarts:
   * a database that rejects a write with a smaller number than the last one cannot be changed by a replica that has lost its
   * lock. Undefined for a worker that is not distributed.
   */
  readonly fence?: number | undefined;
}

/** A class with accessors, because TypeScript leaves these out of the type of a spread. It does not exist at run time. */
declare abstract class ReadWhenUsed {
  /** Aborts when the worker is to stop. The worker must then return, or reject with the signal's reason or an `AbortError`. */
  get signal(): AbortSignal;
  /** The worker's name, for example `"github/commits"`. */
  get name(): string;
  /** The number of failures in a row before this run: 0 for the first. */
  get attempt(): number;
  /** Writes to the runner's logger, with the worker's name on every entry. Never throws. */
  get logger(): Logger;
  /** Sets the health of the worker while it runs: `reportHealth()` to `ok`, `reportHealth(error)` to `firing`. */
  get reportHealth(): (error?: unknown) => void;
}
