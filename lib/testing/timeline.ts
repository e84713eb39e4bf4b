import type { EventOutcome, MissedReason, RunCause } from "../index.js";

/** A run that was simulated. Times are in ms since the epoch. */
export interface SimulatedRun {
  readonly due: number;
  readonly start: number;
  /** Null if it had not ended when the simulation did, or its process died. */
  readonly end: number | null;
  /** Null as long as it has not ended. */
  readonly outcome: EventOutcome | null;
  readonly cause: RunCause;
  /** The number of failures in a row before it. */
  readonly attempt: number;
  /** The replica, from 1 on; 1 without replicas. */
  readonly replica: number;
}

export interface FailedRun {
  readonly at: number;
  readonly error: string;
  /** The number of failures in a row before it. */
  readonly attempt: number;
}

export interface MissedRuns {
  readonly at: number;
  readonly count: number;
  readonly reason: MissedReason;
}

/** Anything else that happened to a worker. */
export interface SimulatedEvent {
  readonly at: number;
  readonly worker: string;
  readonly event:
    | "retry"
    | "restart"
    | "timeout"
    | "firing"
    | "ok"
    | "hung"
    | "exit"
    | "lease lost"
    | "command"
    | "killed"
    | "deployed";
  /** The delay of a retry in ms, the reason of a command, or the like. */
  readonly detail: string;
}

/** Counts of one part of the simulated time, such as an hour. */
export interface Tally {
  runs: number;
  failures: number;
  missed: number;
  /** Backoffs and restarts. */
  retries: number;
}

/** What happened to one worker. */
export interface WorkerTimeline {
  readonly name: string;
  readonly group: string | null;
  /** How it is repeated, in words; null for a continuous worker. */
  readonly schedule: string | null;
  readonly runs: readonly SimulatedRun[];
  readonly failures: readonly FailedRun[];
  readonly missed: readonly MissedRuns[];
  /** How many there were, also of those that were not kept one by one. */
  readonly counts: Readonly<Tally>;
  /** How long after its due time a run started at most, in ms. */
  readonly lateness: number;
  /** How long a run took at most, in ms. */
  readonly longest: number;
  /** Counts of equal parts of the simulated time; see {@link Timeline.columns}. */
  readonly tallies: readonly Readonly<Tally>[];
}

/** The most that happened at a time. Points in time are in ms since the epoch. */
export interface Peak {
  /** How many runs were under way. */
  readonly concurrent: number;
  readonly concurrentAt: number;
  /** How many runs, further attempts included, started within one second of the clock. */
  readonly attemptsPerSecond: number;
  readonly attemptsPerSecondAt: number;
}

/** Why the service ended before the simulated time did. */
export interface EarlyEnd {
  readonly at: number;
  readonly error: string;
}

/** How many parts the load curve has. */
export const loadParts = 240;

/** What happened in a simulation, as plain data. The same for the same sources, options and seed. */
export interface Timeline {
  /** In ms since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly timezone: string;
  readonly seed: number;
  readonly workers: readonly WorkerTimeline[];
  readonly events: readonly SimulatedEvent[];
  readonly peak: Peak;
  /** Runs of one worker that were under way at the same time, on two replicas. There should be none. */
  readonly overlaps: readonly { readonly worker: string; readonly at: number; readonly replicas: readonly number[] }[];
  /** Null if the service ran until the end. */
  readonly endedEarly: EarlyEnd | null;
  /** How long each of the parts is that `tallies` count, in ms: an hour, or a day if there are many. */
  readonly columns: { readonly count: number; readonly length: number };
  /** How many runs were under way at most, and how many were started, in each of 240 equal parts of the time. */
  readonly load: readonly { readonly concurrent: number; readonly started: number }[];
  /** Outages by worker. */
  readonly outages: readonly { readonly worker: string; readonly from: number; readonly to: number }[];
  /** How many runs, failures, misses and events are only counted, because there were more than `maxEvents`. */
  readonly notKept: number;
}
