import type { WorkerStatus } from "../index.js";

/** A row of the page: as in `runner.status()`, with the names of the nested runner in front. */
export interface Row extends WorkerStatus {
  /** Of the last runs that are known: 0 to 1; null before the first. */
  successRate: number | null;
}

export type Command = "trigger" | "pause" | "resume" | "restart";

export interface Status {
  /** Of the process, in ms since the epoch: the page shows times relative to the server's clock. */
  now: number;
  process: { host: string; pid: number; startedAt: number; version: string; node: string };
  state: "running" | "stopping" | "stopped";
  /** What this viewer may do. */
  rights: Record<Command, boolean>;
  /** Number of the last event that is in these rows. */
  sequence: number;
  workers: Row[];
}

export interface Update {
  now: number;
  state: Status["state"];
  sequence: number;
  rows: Row[];
  removed: string[];
  runs: StripRun[];
}

/** A run that has ended, for the strip. */
export interface StripRun {
  worker: string;
  start: number;
  duration: number;
  outcome: "done" | "failed" | "stopped" | "completed";
}

export interface Strip {
  worker: string;
  /** [start, duration, outcome code] with 0 done, 1 failed, 2 stopped, 3 completed; of the last hour, at most 200. */
  runs: [number, number, number][];
  /** [time, count] */
  missed: [number, number][];
  /** Due times of the next hour, from the schedule; at most 200. */
  planned: number[];
}

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
  /** The last errors, newest first: full text with stack. At most 10. */
  errors: { at: number; count: number; text: string }[];
  missed: { at: number; count: number; reason: "busy" | "blocked" | "paused" }[];
  planned: number[];
}
