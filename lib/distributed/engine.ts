import type { Logger } from "../runtime/logger.js";
import type { Holder, Pause, Phase, WorkerStatus } from "../runtime/worker-status.js";

/**
 * Decides on which replica, and when, each distributed worker runs. A worker joins as a {@link Participant}; whenever it is
 * due, the engine leases it to one replica by calling {@link Participant.run}, and never to two replicas at the same time.
 *
 * An engine does not know how a worker repeats, retries or fails: it stores the {@link Checkpoint} of each leased run and
 * passes it to the next one, on whichever replica that is. All times that it exchanges with a participant are in ms on one
 * clock, which is the same for all replicas.
 */
export interface Engine {
  /**
   * Adds a worker of this process, which takes part as soon as the engine is connected. The first worker starts the engine.
   * @throws WatchbillError if the worker can never take part; the worker then fails with that error
   */
  join(participant: Participant): Registration;
}

/** A supervisor, or any other task, that may have an engine for the distributed workers below it. */
export interface EngineProvider {
  readonly engine: Engine | undefined;
}

/** A distributed worker of this process, as its engine sees it. */
export interface Participant {
  /** The same on all replicas. */
  readonly name: string;
  readonly logger: Logger;
  /** Whether this replica can run the worker now: it is not running here, paused or stopping. */
  readonly isOpen: boolean;
  /** Whether the worker is about to leave. */
  readonly isStopping: boolean;
  /** Whether it runs until it is stopped, under one lease, and is not a repeated job. */
  readonly isContinuous: boolean;
  /** What is declared of it that decides when it is due, as text to compare with that of other replicas. */
  readonly declared: string;
  /** The worker's current status, to show on the other replicas. */
  readonly status: WorkerStatus | undefined;
  /**
   * Runs the worker until its next wait. Call it only while {@link isOpen}. Resolves with what to store, also if the lease was
   * lost meanwhile, and never rejects.
   */
  run(lease: Lease): Promise<Checkpoint>;
  /** Passes on what happened to the worker on other replicas. Ignored while the worker runs here. */
  update(state: RemoteState): void;
  /** Pauses the worker as a command on another replica has, or ends the pause: `null`. */
  adoptPause(pause: Pause | null): void;
  /**
   * Restarts the worker as a command on another replica has: what began here before is stopped, and handed back to run again at
   * once, and attempts that were counted before are forgotten. Pass the latest restart as often as you like.
   * @param at when the command was given, on the engine's clock
   */
  adoptRestart(at: number): void;
  /**
   * Sets since when the worker is due without running on any replica, in ms since the epoch, as its status shows it; `null` if
   * it is not.
   */
  setLate(since: number | null): void;
  /**
   * The latest time at which a waiting worker should run next, as it is declared on this replica. It is the stored time, or an
   * earlier one if the declaration has changed since, if the snapshot was saved at a time that has not come yet, or if it does
   * not tell when the worker is due.
   * @param now the current time on the engine's clock
   */
  latestDue(stored: StoredWait, now: number): number;
}

/** How a worker that has joined talks to its engine. */
export interface Registration {
  /** Asks for a run as soon as possible, on this replica if it can run the worker. */
  requestRun(): void;
  /**
   * Stores a pause by a command on this replica, or its end, for all replicas, also those that are started later: pass it to
   * their {@link Participant.adoptPause}. Without this method, a pause applies to one replica and ends with it.
   */
  setPause?(pause: Pause | null): void;
  /**
   * Resolves once the pause is stored, the worker runs on no replica and none will begin to. Without this method, or if it
   * returns undefined, a pause waits for this replica only. Settles when the worker leaves this replica, too.
   */
  whenIdle?(): Promise<void> | undefined;
  /**
   * Stores that the worker is restarted by a command now, for all replicas: pass the time to their
   * {@link Participant.adoptRestart}. Without this method, a restart applies to one replica.
   */
  requestRestart?(): void;
  /**
   * Removes the worker from this replica. The promise settles once the worker is handed back and the engine holds nothing for
   * it in this process, or after a time limit. Returns undefined if there is nothing to wait for.
   */
  leave(): Promise<void> | undefined;
  /** Removes a worker that hangs, without waiting: the engine stops renewing its lease, which expires. */
  release(): void;
}

/** The right to run a worker on this replica, for a limited time. */
export interface Lease {
  /** The snapshot of the last checkpoint; undefined before the first. */
  readonly snapshot: unknown;
  /** The worker's status at the last checkpoint, on whichever replica. */
  readonly status: WorkerStatus | undefined;
  /** When this run was due. */
  readonly due: number;
  /** Greater than that of all earlier leases of the worker, on whichever replica. */
  readonly fence: number;
  /** Whether there are no other replicas: the worker then waits in this process instead of being handed back. */
  readonly isLocal: boolean;
  /** Aborts when the lease is lost or may be lost, and before another replica can get it. */
  readonly signal: AbortSignal;
  /** Aborts the signal if the lease has expired unnoticed, as after the process was frozen. */
  check(): void;
  /** The current time on the engine's clock, in ms. */
  now(): number;
}

/** The state of a worker after a leased run, which the engine stores for the next one. */
export interface Checkpoint {
  /** When the worker is due next; `null` if it has completed. */
  readonly due: number | null;
  /** An object of plain JSON data that only the worker reads: store it as it is, and pass it to the next lease. */
  readonly snapshot: unknown;
  readonly phase: Phase;
  readonly status: WorkerStatus | undefined;
}

/** What a worker waits for, as its last checkpoint says. */
export interface StoredWait extends Pick<Checkpoint, "snapshot"> {
  readonly due: number;
}

/** What is known of a worker that runs or waits on another replica. */
export interface RemoteState extends Pick<Checkpoint, "snapshot" | "phase" | "status"> {
  /** The replica that runs the worker, or ran it last. */
  readonly holder: Holder | null;
  /** When the worker is due next, in ms since the epoch. */
  readonly nextDue: number | null;
  /** Whether the worker has completed, and stops on this replica too. */
  readonly isCompleted: boolean;
}
