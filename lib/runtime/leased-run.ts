import type { SnapshotEntry } from "./snapshot.js";
import type { Phase } from "./worker-status.js";

/**
 * One turn of a distributed worker, as the links below see it: from when this process is given the worker until it hands it back,
 * which it does whenever the worker has to wait. What a link has to know in the next turn, wherever that is, it writes down.
 *
 * The fleet has a clock of its own, as the timer queue's means nothing to other processes.
 */
export interface LeasedRun {
  /** The fleet's clock less that of the timer queue, in ms. */
  readonly offset: number;
  /** When it was due, on the clock of the timer queue. It may have come early. */
  readonly due: number;
  /** What a link of this kind has written down, the outermost link first. Once: what is begun a second time begins anew. */
  restore(kind: string): SnapshotEntry | undefined;
  /**
   * Hands the worker back until `due`, on the clock of the timer queue. The chain is gone then: whoever asked for it does nothing
   * more.
   * @returns false if the wait is to be waited out here
   */
  suspendUntil(due: number, phase: Phase): boolean;
  /** What is to be recalled if the worker ends after this: a run is over, however it ended, and is not to be repeated. */
  commit(kind: string, note: SnapshotEntry): void;
}

/** A turn in which nothing may wait beyond a point in time. */
export function leasedRunUntil(leasedRun: LeasedRun, latest: number): LeasedRun {
  return {
    offset: leasedRun.offset,
    due: leasedRun.due,
    restore: (kind) => leasedRun.restore(kind),
    suspendUntil: (due, phase) => leasedRun.suspendUntil(Math.min(due, latest), phase),
    commit: (kind, note) => leasedRun.commit(kind, note),
  };
}
