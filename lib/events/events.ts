import type { Health } from "../runtime/worker-status.js";
import type { EventOutcome } from "./event-outcome.js";

/**
 * A call of your code: one run of a job, an attempt of {@link retryJob} included, or one start of a continuous worker. The same object is
 * published at each stage of the tracing channel `watchbill:run`; `outcome`, and `error` if it failed, are there when it has ended.
 */
export interface RunEvent {
  readonly worker: string;
  /** The failures in a row before this run. */
  readonly attempt: number;
  outcome?: EventOutcome;
  error?: Error;
}

/** A worker of a roster is started: at first, or after a restart by hand or of its group. */
export interface StartEvent {
  readonly worker: string;
}

/** A worker of a roster has ended, and nothing of it runs any more. */
export interface ExitEvent {
  readonly worker: string;
  readonly outcome: EventOutcome;
  /** If it failed. */
  readonly error: Error | undefined;
}

/** Something has ended and will be tried again. */
export interface RestartEvent {
  readonly worker: string;
  /** The failures in a row up to now; 0 after a normal return. */
  readonly attempt: number;
  /** The backoff before that, in ms. */
  readonly delay: number;
  /** The last failure; undefined after a normal return. */
  readonly error: Error | undefined;
}

/** A run has taken longer than it may. It still runs, unless it heeds its signal. */
export interface TimeoutEvent {
  readonly worker: string;
  readonly error: Error;
}

/** Why runs were missed: the run before was still running, the event loop was blocked (or the clock set forward), or the worker was paused. */
export type MissedReason = "busy" | "blocked" | "paused";

/** Runs of a worker were due and have not been run. */
export interface MissedEvent {
  readonly worker: string;
  readonly count: number;
  readonly reason: MissedReason;
}

/** The health of a worker is another one than before. */
export interface HealthEvent {
  readonly worker: string;
  readonly health: Health;
  readonly previous: Health;
  /** What it is firing for. */
  readonly error: Error | undefined;
}

/** A roster is being stopped. */
export interface StopEvent {
  /** The name of the supervisor: `""` for the runner, otherwise the name of its group. */
  readonly supervisor: string;
  readonly reason: unknown;
}

/** A worker was told to stop and did not in time. */
export interface HungEvent {
  readonly worker: string;
  readonly phase: string;
  /** How long ago it was told to stop, in ms. */
  readonly hungFor: number;
}

/** Something was ordered by hand. */
export interface CommandEvent {
  readonly worker: string;
  readonly command: "trigger" | "pause" | "resume" | "restart" | "add" | "remove";
}

/** The plain channels, and what is published on each. Beside these there is the tracing channel `watchbill:run`. */
export interface WatchbillEvents {
  readonly "watchbill:start": StartEvent;
  readonly "watchbill:exit": ExitEvent;
  /** A worker will be restarted by its retry, or a group by its. */
  readonly "watchbill:restart": RestartEvent;
  /** A run of a job will be tried again by its `retryJob`. */
  readonly "watchbill:retry": RestartEvent;
  readonly "watchbill:timeout": TimeoutEvent;
  readonly "watchbill:health": HealthEvent;
  readonly "watchbill:missed": MissedEvent;
  readonly "watchbill:stop": StopEvent;
  readonly "watchbill:hung": HungEvent;
  readonly "watchbill:command": CommandEvent;
}
