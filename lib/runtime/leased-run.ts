import type { SnapshotEntry } from "./snapshot.js";
import type { Phase } from "./worker-status.js";

/**
 * One leased run of a distributed worker, as the tasks of its chain see it: from the moment this process gets the lease until
 * the worker waits and the lease is handed back. A task that has to continue in the next leased run, on whichever replica,
 * saves an entry in the snapshot.
 *
 * Snapshots hold times on the engine's clock, as the timer queue's clock means nothing to other processes.
 */
export interface LeasedRun {
  /** The engine's clock minus the clock of the timer queue, in ms. */
  readonly offset: number;
  /** When the leased run was due, on the clock of the timer queue. It may have begun early. */
  readonly due: number;
  /**
   * Returns the entry that a task of this kind saved, the outermost task first, and once: a task that is started again starts
   * anew.
   */
  takeEntry(kind: string): SnapshotEntry | undefined;
  /**
   * Ends the leased run and hands the worker back until `due`, on the clock of the timer queue. The chain no longer exists
   * then, so the caller has to return at once.
   * @returns false if the caller has to wait in this process instead
   */
  suspendUntil(due: number, phase: Phase): boolean;
  /** Saves an entry at the end of a run, so that the run is not repeated if the worker stops before the next suspension. */
  commit(kind: string, entry: SnapshotEntry): void;
}

/** The same leased run, in which no wait lasts beyond `latest`. */
export function leasedRunUntil(leasedRun: LeasedRun, latest: number): LeasedRun {
  return {
    offset: leasedRun.offset,
    due: leasedRun.due,
    takeEntry: (kind) => leasedRun.takeEntry(kind),
    suspendUntil: (due, phase) => leasedRun.suspendUntil(Math.min(due, latest), phase),
    commit: (kind, entry) => leasedRun.commit(kind, entry),
  };
}
