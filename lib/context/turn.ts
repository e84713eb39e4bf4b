import type { Note } from "./memory.js";
import type { Phase } from "./worker-status.js";

/**
 * One turn of a distributed worker, as the links below see it: from when this process is given the worker until it hands it back,
 * which it does whenever the worker has to wait. What a link has to know in the next turn, wherever that is, it writes down.
 *
 * The fleet has a clock of its own, as the timer queue's means nothing to other processes.
 */
export interface Turn {
  /** The fleet's clock less that of the timer queue, in ms. */
  readonly offset: number;
  /** When it was due, on the clock of the timer queue. It may have come early. */
  readonly due: number;
  /** What a link of this kind has written down, the outermost link first. Once: what is begun a second time begins anew. */
  recall(kind: string): Note | undefined;
  /**
   * Hands the worker back until `due`, on the clock of the timer queue. The chain is gone then: whoever asked for it does nothing
   * more.
   * @returns false if the wait is to be waited out here
   */
  rest(due: number, phase: Phase): boolean;
  /** What is to be recalled if the worker ends after this: a run is over, however it ended, and is not to be repeated. */
  keep(kind: string, note: Note): void;
}

/** A turn in which nothing may wait beyond a point in time. */
export function turnUntil(turn: Turn, latest: number): Turn {
  return {
    offset: turn.offset,
    due: turn.due,
    recall: (kind) => turn.recall(kind),
    rest: (due, phase) => turn.rest(Math.min(due, latest), phase),
    keep: (kind, note) => turn.keep(kind, note),
  };
}
