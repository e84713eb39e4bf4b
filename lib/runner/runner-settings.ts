import { constants } from "node:os";
import type { Backoff } from "../backoff/backoff.js";
import { assertRetry, type RetryOptions } from "../chain/retry-policy.js";
import type { Engine } from "../distributed/engine.js";
import { hasMethod, readArray } from "../errors/read-value.js";
import { describeKind, showValue } from "../errors/show-value.js";
import type { Problems } from "../registry/problems.js";
import { type Around, isAround } from "../runtime/around.js";
import { type Logger, loggerProblem } from "../runtime/logger.js";
import { isAbortSignal } from "../runtime/on-abort.js";
import { type Duration, parseDuration } from "../timers/duration.js";
import type { Selection } from "./name-patterns.js";
import type { ProcessSignal } from "./process-signals.js";

/** The settings of a runner. */
export interface RunnerSettings {
  /** Receives the log entries, in the shape of pino. By default, writes readable lines to stderr. */
  readonly logger?: Logger | undefined;
  /**
   * Stops the workers when it aborts. With one, process signals are ignored unless {@link signals} is set.
   */
  readonly signal?: AbortSignal | undefined;
  /** The process signals that stop the workers: SIGINT and SIGTERM by default, if no {@link signal} is passed. `[]` for none. */
  readonly signals?: readonly ProcessSignal[] | undefined;
  /**
   * How long workers may take to stop before the runner names them and stops waiting. 25 s by default: less than Kubernetes'
   * grace period of 30 s, so that the report is written before SIGKILL.
   */
  readonly shutdownTimeout?: Duration | undefined;
  /**
   * In which order the workers are stopped. `"all"`, the default: all at once. `"reverse"`: source by source, from the last to
   * the first, each when the one before it has stopped or its time is over.
   */
  readonly stopOrder?: StopOrder | undefined;
  /** Decides where and when distributed workers run. By default, they run in this process. */
  readonly engine?: Engine | undefined;
  /**
   * The retry of all workers that have none, neither by themselves nor by their group, and are not of `restart: "never"`. Without
   * one, a worker that fails stops the runner.
   */
  readonly retry?: Backoff | RetryOptions | undefined;
  /**
   * Wraps every run of every worker, each attempt included, the first function outermost: `[(context, next) => next()]`. For
   * tracing, or the request context of an ORM. A run fails if a function does not call `next` once and wait for what it returns.
   */
  readonly around?: readonly Around[] | undefined;
}

/** The order in which workers are stopped. */
export type StopOrder = "all" | "reverse";

/** The settings after they have been checked. */
export interface CheckedSettings {
  readonly logger: Logger | undefined;
  readonly signal: AbortSignal | undefined;
  readonly signals: readonly ProcessSignal[] | undefined;
  /** In ms. */
  readonly shutdownTimeout: number;
  readonly stopOrder: StopOrder;
  readonly engine: Engine | undefined;
  readonly retry: Backoff | RetryOptions | undefined;
  readonly around: readonly Around[];
}

const options: Readonly<Record<keyof (RunnerSettings & Selection), true>> = {
  logger: true,
  signal: true,
  signals: true,
  shutdownTimeout: true,
  stopOrder: true,
  engine: true,
  retry: true,
  around: true,
  only: true,
  except: true,
};

/** The names of all options of a runner. */
export const runnerOptions: readonly string[] = Object.keys(options);

/** Checks the settings. Each that is malformed or does not exist is a problem. */
export function checkSettings(settings: RunnerSettings, problems: Problems): CheckedSettings {
  const given = problems.readOptions("the runner", settings, runnerOptions);
  const { logger, signal, signals, shutdownTimeout = "25s", stopOrder = "all", engine, retry, around = [] } = given;
  const flaw = logger === undefined ? undefined : loggerProblem(logger);
  if (flaw !== undefined) problems.add(`The option logger must have the methods debug, info, warn and error: ${flaw}`);
  if (signal !== undefined && !isAbortSignal(signal)) {
    problems.add(`The option signal: ${describeKind(signal)} is not an AbortSignal`);
  }
  if (signals !== undefined) checkSignals(signals, problems);
  const timeout = problems.attempt("The option shutdownTimeout", () => parseDuration(shutdownTimeout)) ?? 0;
  if (stopOrder !== "all" && stopOrder !== "reverse") {
    problems.add(`The option stopOrder: ${showValue(stopOrder)} is not a stop order: use "all" or "reverse"`);
  }
  if (engine !== undefined && !isEngine(engine)) {
    problems.add(`The option engine: ${describeKind(engine)} is not an engine: pass what bullmq() of watchbill/bullmq returns`);
  }
  if (retry !== undefined) problems.attempt("The option retry", () => assertRetry(retry));
  return { logger, signal, signals, shutdownTimeout: timeout, stopOrder, engine, retry, around: checkAround(around, problems) };
}

function checkAround(around: unknown, problems: Problems): readonly Around[] {
  const list = readArray(around);
  if (list?.every(isAround)) return list;
  const flaw = list === undefined ? around : list.find((each) => !isAround(each));
  problems.add(
    `The option around: ${describeKind(flaw)} is not ${list === undefined ? "a list of functions" : "a function"}: pass [(context, next) => next()], for example`,
  );
  return [];
}

function isEngine(value: unknown): value is Engine {
  return typeof value === "object" && hasMethod(value, "join");
}

function checkSignals(signals: unknown, problems: Problems): void {
  const list = readArray(signals);
  if (list === undefined) {
    problems.add(`The option signals: ${describeKind(signals)} is not a list of signals: pass ["SIGTERM"], for example`);
    return;
  }
  for (const signal of list) {
    if (typeof signal === "string" && Object.hasOwn(constants.signals, signal) && !uncatchable.includes(signal)) continue;
    problems.add(
      `The option signals: ${showValue(signal)} is not a signal that a process can listen to: use "SIGTERM", for example`,
    );
  }
}

const uncatchable = ["SIGKILL", "SIGSTOP"];
