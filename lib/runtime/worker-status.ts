/** `init` until the first report, `ok` after a run that succeeds or a report without an error, `firing` after a failure. */
export type Health = "init" | "ok" | "firing";

/** What a worker is doing. `overdue`: its run has timed out, and has not ended. */
export type Phase = "waiting" | "running" | "overdue" | "backoff" | "paused" | "stopped";

/** The status of one worker: a plain object that can be serialised. Times are in ms. */
export interface WorkerStatus {
  /**
   * As in events and in the log. In a runner within another one, from its first start there: with the name of that runner in
   * front.
   */
  name: string;
  /** The name of its source, such as a class; null if it is a source itself. */
  group: string | null;
  /** The name of its runner: `""`, or the name under which the runner is a worker of another one. */
  runner: string;
  /** How it is repeated, in words: `"every 5s"`, or a cron pattern; null for a continuous worker. */
  schedule: string | null;
  health: Health;
  /** Since when it has this health, in ms since the epoch; null if it was never started. */
  healthSince: number | null;
  phase: Phase;
  /** Who has paused it, and why; null if it is not paused. */
  pause: Pause | null;
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
  /** When a run last succeeded, or a continuous worker last became or reported `ok`, in ms since the epoch. */
  lastSuccess: number | null;
  /** The name and message of the last error, also after the worker has recovered. */
  lastError: string | null;
  /** When that was, in ms since the epoch. */
  lastErrorAt: number | null;
  /**
   * That error in full: its stack without the frames of this library, and its causes. If errors of one kind follow each other, as
   * the log understands it, the stack is that of the first.
   */
  lastErrorStack: string | null;
  /** When it will run or be restarted next, in ms since the epoch. */
  nextDue: number | null;
  /** Only of a distributed worker: the process that runs it, or ran it last; null before the first run. */
  holder?: Holder | null;
  /** Only of a distributed worker that is due and runs on no replica: since when, in ms since the epoch. */
  lateSince?: number;
}

/** A pause by a command. */
export interface Pause {
  /** In ms since the epoch. */
  readonly since: number;
  readonly by: string | null;
  readonly reason: string | null;
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
    group: null,
    runner: "",
    schedule: null,
    health: "init",
    healthSince: null,
    phase: "stopped",
    pause: null,
    runs: 0,
    failures: 0,
    missed: 0,
    attempt: 0,
    lastStart: null,
    lastDuration: null,
    lastSuccess: null,
    lastError: null,
    lastErrorAt: null,
    lastErrorStack: null,
    nextDue: null,
  };
}
