import type { WorkerStatus } from "../index.js";

// The data that the server sends to the page. Times are in ms, points in time in ms since the epoch.

/**
 * A row of the page: as in `runner.status()`. A worker of a nested runner has the name of that runner in front of its own, and
 * `runner` is that name. In `api/events`, `lastErrorStack` is null: it is in the errors of a {@link Detail}.
 */
export interface Row extends WorkerStatus {
  /** Of the last runs that are known: 0 to 1; null before the first. */
  successRate: number | null;
  /**
   * Since when it fails, also while a run is still being retried: since its first failure after the last success. Null if it does
   * not fail.
   */
  failingSince: number | null;
  /** Whether it serves the dashboard itself, or is a runner with such a worker in it. Left out if not. */
  servesDashboard?: true;
}

export type Command = "trigger" | "pause" | "resume" | "restart";

/** What `api/status` answers, and the event `snapshot` of `api/events` has. */
export interface Status {
  /** Of the process: the page shows times relative to the server's clock. */
  now: number;
  process: {
    host: string;
    pid: number;
    startedAt: number;
    version: string;
    node: string;
    /** That of schedules without one of their own, such as `Europe/Berlin`. */
    timeZone: string;
  };
  state: "running" | "stopping" | "stopped";
  /** What this viewer may do. */
  rights: Record<Command, boolean>;
  /** Number of the last event that is in these rows. */
  sequence: number;
  workers: Row[];
}

/** The event `update` of `api/events`: what has changed since the event before. */
export interface Update {
  now: number;
  state: Status["state"];
  sequence: number;
  rows: Row[];
  removed: string[];
  runs: StripRun[];
}

/** The event `beat` of `api/events`, when nothing has changed for a while. */
export interface Beat {
  now: number;
  state: Status["state"];
}

/** A run that has ended, for the strip. */
export interface StripRun {
  worker: string;
  start: number;
  duration: number;
  outcome: "done" | "failed" | "stopped" | "completed";
  /** When it was due by its interval or schedule; null if it was started for another reason. */
  due: number | null;
}

/** The last and the next hour of a worker: an element of what `api/strips` answers. */
export interface Strip {
  worker: string;
  /** Start, duration and outcome: 0 done, 1 failed, 2 stopped, 3 completed. Of the last hour, at most 200, the oldest first. */
  runs: [number, number, number][];
  /** Time and count. */
  missed: [number, number][];
  /** When those of the runs were due that had a due time, the oldest first. */
  due: number[];
  /** Due times of the next hour, from the schedule; at most 200. */
  planned: number[];
}

/** What `api/workers/<name>` answers. */
export interface Detail {
  row: Row;
  /** The last runs, at most 100, newest first. */
  runs: {
    start: number;
    due: number;
    cause: "schedule" | "command" | "retry" | "start";
    duration: number;
    lateness: number;
    outcome: StripRun["outcome"];
    attempt: number;
    error: string | null;
  }[];
  /**
   * The last errors that differ in their message or in their place, the first frame of the application; at most 10, newest first.
   * The text has the stack and, soon after the error, its causes.
   */
  errors: { at: number; count: number; text: string }[];
  /** Newest first. */
  missed: { at: number; count: number; reason: "busy" | "blocked" | "paused" }[];
  planned: number[];
}
