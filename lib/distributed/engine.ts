import type { Logger } from "../runtime/logger.js";
import type { Snapshot } from "../runtime/snapshot.js";
import type { Holder, Phase, WorkerStatus } from "../runtime/worker-status.js";

/**
 * Decides where and when the distributed workers of a fleet run. To take part, a worker joins; from then on the engine gives it a
 * turn whenever it is due, and never while another process has one. How the worker repeats, retries and fails is not for the
 * engine: it keeps what the worker has written down, and wakes it.
 */
export interface Engine {
  /**
   * Lets a worker take part, at once or as soon as the engine can be reached. Starts what the engine needs, with the first one.
   * @throws WatchbillError if this worker cannot take part, whatever happens
   */
  join(seat: Participant): Registration;
}

/** A distributed worker of this process, as its engine sees it. */
export interface Participant {
  /** The same in all processes of the fleet. */
  readonly name: string;
  readonly logger: Logger;
  /** Whether it can be given a turn now. If not, the turn is for the others. */
  readonly isOpen: boolean;
  /** Whether it has been told to stop, and is about to leave. */
  readonly isStopping: boolean;
  /** The worker's row as it is now, for the others to see. */
  readonly status: WorkerStatus | undefined;
  /** Gives it a turn, while it is open. Resolves when that is over, also if it was lost, and never rejects. */
  take(lease: Lease): Promise<Checkpoint>;
  /** What has become of the worker elsewhere. Ignored while it has a turn here. */
  tell(news: RemoteState): void;
  /** By when, on the fleet's clock, a worker that waits for its next run should have it, as it is declared here; undefined if that cannot be said. */
  dueBy(memory: Snapshot): number | undefined;
}

/** What a worker gets for joining. */
export interface Registration {
  /** The worker is wanted now, and here, if that can be had. */
  hurry(): void;
  /**
   * The worker takes part no longer. Settles once it is handed back and nothing of the engine is left here that was for it, or one has
   * waited for that in vain. Undefined, if there is nothing to wait for.
   */
  leave(): Promise<void> | undefined;
  /** The same for a worker that hangs: its turn is left to run out. */
  abandon(): void;
}

/** The right to run a worker, for a while. */
export interface Lease {
  /** What its last turn has left; empty at the first turn of all. */
  readonly memory: Snapshot;
  /** The worker's row after its last turn, wherever that was. */
  readonly status: WorkerStatus | undefined;
  /** When the turn was due, on the fleet's clock. */
  readonly due: number;
  /** Whether there is nobody to hand the worker back to, so that it runs on here. */
  readonly isKept: boolean;
  /** Aborts once the right is lost, or may be: before anybody else has it. */
  readonly signal: AbortSignal;
  /** Aborts the signal if the right is lost already, and nobody could have told yet: after the process was frozen. */
  check(): void;
  /** The fleet's clock, in ms. */
  now(): number;
}

/** How a turn ended. */
export interface Checkpoint {
  /** When the next is due, on the fleet's clock; `null`, if the worker is done for good. */
  readonly due: number | null;
  readonly memory: Snapshot;
  readonly phase: Phase;
  readonly status: WorkerStatus | undefined;
}

/** What is known in the fleet of a worker that has no turn here. */
export interface RemoteState {
  readonly phase: Phase;
  readonly memory: Snapshot;
  readonly status: WorkerStatus | undefined;
  /** Who runs it, or has run it last. */
  readonly holder: Holder | null;
  /** When the next turn is due, in ms since the epoch. */
  readonly nextDue: number | null;
  /** It is done for good, and is to stop here as well. */
  readonly isDone: boolean;
}
