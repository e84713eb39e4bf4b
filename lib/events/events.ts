import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { RunCause } from "../runtime/runs.js";
import type { Health } from "../runtime/worker-status.js";

/**
 * A call of your code: one run of a job, including each attempt of {@link retryJob}, or one start of a continuous worker. The
 * same object is published at each stage of the tracing channel `watchbill:run`. At the end it has an `outcome`, an `error` if
 * the run failed, its `duration` and its `lateness`.
 */
export interface RunEvent {
  readonly worker: string;
  /** The number of failures in a row before this run. */
  readonly attempt: number;
  /** When it was due, in ms since the epoch. */
  readonly due: number;
  readonly cause: RunCause;
  /** At the end. */
  outcome?: EventOutcome;
  error?: Error;
  /** How long the run took, in ms. At the end. */
  duration?: number;
  /** How long after it was due the run started, in ms. At the end. */
  lateness?: number;
}

/** A worker starts: when its supervisor starts, or after a restart by a command or of its group. */
export interface StartEvent {
  readonly worker: string;
}

/** A worker has exited, and nothing of it runs any more. */
export interface ExitEvent {
  readonly worker: string;
  readonly outcome: EventOutcome;
  /** The failure; undefined if the worker did not fail. */
  readonly error: Error | undefined;
}

/** A worker, a group or a run of a job has ended and will be retried. */
export interface RestartEvent {
  readonly worker: string;
  /** The number of failures in a row so far; 0 after a normal return. */
  readonly attempt: number;
  /** The delay before the retry, in ms. */
  readonly delay: number;
  /** The last failure; undefined after a normal return. */
  readonly error: Error | undefined;
}

/** A run has exceeded its timeout. It continues to run if it ignores its signal. */
export interface TimeoutEvent {
  readonly worker: string;
  readonly error: Error;
}

/**
 * Why runs were missed: the previous run was still running, the event loop was blocked (or the clock was set forward), or the
 * worker was paused.
 */
export type MissedReason = "busy" | "blocked" | "paused";

/** Runs of a worker were due and did not start. */
export interface MissedEvent {
  readonly worker: string;
  readonly count: number;
  readonly reason: MissedReason;
}

/** The health of a worker has changed. */
export interface HealthEvent {
  readonly worker: string;
  readonly health: Health;
  readonly previous: Health;
  /** The failure, if `health` is `"firing"`. */
  readonly error: Error | undefined;
}

/** A supervisor stops its workers. */
export interface StopEvent {
  /** The name of the supervisor: `""` for the runner, otherwise the name of its group. */
  readonly supervisor: string;
  readonly reason: unknown;
}

/** A worker did not stop within the shutdown timeout. */
export interface HungEvent {
  readonly worker: string;
  readonly phase: string;
  /** The time since the worker was asked to stop, in ms. */
  readonly hungFor: number;
}

/**
 * The lease of a distributed worker on this replica: `"taken"` before a leased run, then `"released"` after it, or `"lost"` if
 * it was lost before. Not published by the engine of a single process.
 */
export interface LeaseEvent {
  readonly worker: string;
  readonly change: "taken" | "released" | "lost";
}

/** A distributed worker is due, and no replica runs it. Published on each replica that has the worker. */
export interface LateEvent {
  readonly worker: string;
  /** Since when it is due, in ms since the epoch. */
  readonly due: number;
  /** How long that is ago, in ms. */
  readonly lateness: number;
}

/** A command was sent that changes something, whether the runner runs or not. */
export interface CommandEvent {
  readonly worker: string;
  readonly command: "trigger" | "pause" | "resume" | "restart" | "add" | "remove";
  /** Who has sent it, and why, if the caller has said so. */
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

/** The events of each plain channel. In addition, there is the tracing channel `watchbill:run`. */
export interface WatchbillEvents {
  readonly "watchbill:start": StartEvent;
  readonly "watchbill:exit": ExitEvent;
  /** A worker or a group will be restarted by its retry. */
  readonly "watchbill:restart": RestartEvent;
  /** A run of a job will be retried by its `retryJob`. */
  readonly "watchbill:retry": RestartEvent;
  readonly "watchbill:timeout": TimeoutEvent;
  readonly "watchbill:health": HealthEvent;
  readonly "watchbill:missed": MissedEvent;
  readonly "watchbill:stop": StopEvent;
  readonly "watchbill:hung": HungEvent;
  readonly "watchbill:lease": LeaseEvent;
  readonly "watchbill:late": LateEvent;
  readonly "watchbill:command": CommandEvent;
}

/**
 * How a run or a worker ended: `"done"` if it returned, `"completed"` if it will not run again, `"stopped"` if it was asked to
 * stop, `"failed"` if it failed.
 */
export type EventOutcome = "done" | "completed" | "stopped" | "failed";

/** Converts an outcome into its name in events. */
export function eventOutcome(outcome: Outcome): EventOutcome {
  return isFailure(outcome) ? "failed" : outcome;
}
