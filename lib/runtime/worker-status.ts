/** `init` until the first reportHealth, `ok` after a successful run or reportHealth, `firing` after a failed one. */
export type Health = "init" | "ok" | "firing";

/** What a worker is doing. `overdue`: it is running, and has timed out. */
export type Phase = "waiting" | "running" | "overdue" | "backoff" | "paused" | "stopped";

/** One worker's row in the status of a runner: a plain object that can be serialised. Times are ms. */
export interface WorkerStatus {
  name: string;
  health: Health;
  phase: Phase;
  /** How often it has been run: every run of a job, every start of a continuous worker. */
  runs: number;
  failures: number;
  /** Runs that were due and have not been run: the run before was still running, the event loop was blocked, or the worker was paused. */
  missed: number;
  /** Failures in a row up to now. */
  attempt: number;
  /** When its last run began, in ms since the epoch. */
  lastStart: number | null;
  /** How long its last finished run took, in ms. */
  lastDuration: number | null;
  /** The last error, also if it has recovered since: its name and message. */
  lastError: string | null;
  /** When it will run or be restarted next, in ms since the epoch. */
  nextDue: number | null;
  /** Of a distributed worker alone: the process that runs it, or has run it last; null, if none has yet. */
  holder?: Holder | null;
}

/** A process of a fleet. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
}

/** The row of a worker that has never been started. */
export function initialStatus(name: string): WorkerStatus {
  return {
    name,
    health: "init",
    phase: "stopped",
    runs: 0,
    failures: 0,
    missed: 0,
    attempt: 0,
    lastStart: null,
    lastDuration: null,
    lastError: null,
    nextDue: null,
  };
}
