import type { Health } from "../runtime/worker-status.js";
import type { EventOutcome } from "./event-outcome.js";

/**
 * A call of your code: one run of a job, an attempt of {@link retryJob} included, or one start of a continuous worker. The same
 * object is published at each stage of the tracing channel `watchbill:run`; `outcome`, and `error` if it failed, are there when
 * it has ended.
 */
export interface RunEvent {
  readonly worker: string;
  /** The number of failures in a row before this run. */
  readonly attempt: number;
  outcome?: EventOutcome;
  error?: Error;
}

/** A worker of a runner has been started: for the first time, by `restart`, or by a restart of its group. */
export interface StartEvent {
  readonly worker: string;
}

/** A worker of a runner has exited, and nothing of it runs any more. */
export interface ExitEvent {
  readonly worker: string;
  readonly outcome: EventOutcome;
  /** If it failed. */
  readonly error: Error | undefined;
}

/** A worker or a run will be attempted again. */
export interface RestartEvent {
  readonly worker: string;
  /** The number of failures in a row up to now; 0 after a normal return. */
  readonly attempt: number;
  /** The backoff before the next attempt, in ms. */
  readonly delay: number;
  /** The last failure; undefined after a normal return. */
  readonly error: Error | undefined;
}

/** A run has timed out. It may still run if it ignores its signal. */
export interface TimeoutEvent {
  readonly worker: string;
  readonly error: Error;
}

/**
 * Why runs were missed: the run before was still running, the event loop was blocked (or the clock set forward), or the worker
 * was paused.
 */
export type MissedReason = "busy" | "blocked" | "paused";

/** Runs of a worker were due and have not been run. */
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
  /** The error because of which it is `firing`. */
  readonly error: Error | undefined;
}

/** All workers of a supervisor are being stopped. */
export interface StopEvent {
  /** The name of the supervisor: `""` for the runner, otherwise the name of its group. */
  readonly supervisor: string;
  readonly reason: unknown;
}

/** A worker has not stopped in time. */
export interface HungEvent {
  readonly worker: string;
  readonly phase: string;
  /** How long ago it was asked to stop, in ms. */
  readonly hungFor: number;
}

/** A command was called for a worker. */
export interface CommandEvent {
  readonly worker: string;
  readonly command: "trigger" | "pause" | "resume" | "restart" | "add" | "remove";
}

/** The channels and their events. In addition, there is the tracing channel `watchbill:run`. */
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
  readonly "watchbill:command": CommandEvent;
}
