/** `init` until the first report, `ok` after a run that succeeds or a report without an error, `firing` after a failure. */
export type Health = "init" | "ok" | "firing";

/** What a worker is doing. `overdue`: its run has timed out, and has not ended. */
export type Phase = "waiting" | "running" | "overdue" | "backoff" | "paused" | "stopped";

/** The status of one worker: a plain object that can be serialised. Times are in ms. */
export interface WorkerStatus {
  name: string;
  health: Health;
  phase: Phase;
  /** The number of runs of a job, or of starts of a continuous worker. */
  runs: number;
  failures: number;
  /**
   * Runs that were due and have not been run: the run before was still running, the event loop was blocked, or the worker was
   * paused.
   */
  missed: number;
  /** The number of failures in a row up to now. */
  attempt: number;
  /** When its last run started, in ms since the epoch. */
  lastStart: number | null;
  /** How long the last run that has ended took, in ms. */
  lastDuration: number | null;
  /** The name and message of the last error, also after the worker has recovered. */
  lastError: string | null;
  /** When it will run or be restarted next, in ms since the epoch. */
  nextDue: number | null;
  /** Only of a distributed worker: the process that runs it, or ran it last; null before the first run. */
  holder?: Holder | null;
}

/** The process of a replica. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
}

/** The status of a worker that has never been started. */
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
