import { constants } from "node:os";
import { inspect } from "node:util";
import type { Engine } from "../context/engine.js";
import { isLogger, type Logger } from "../context/logger.js";
import { isAbortSignal } from "../context/on-abort.js";
import type { Problems } from "../registry/problems.js";
import { type Duration, parseDuration } from "../time/duration.js";
import type { ProcessSignal } from "./process-signals.js";

/** How a runner runs its roster. */
export interface RunnerSettings {
  /** Where failures, restarts and stops are written, pino-shaped. By default readable lines on stderr. */
  readonly logger?: Logger | undefined;
  /** Stops the roster when it aborts. With one, the process's own signals are left alone, unless {@link signals} says otherwise. */
  readonly signal?: AbortSignal | undefined;
  /** The signals of the process that stop the roster: SIGINT and SIGTERM, if no {@link signal} is given. `[]` for none. */
  readonly signals?: readonly ProcessSignal[] | undefined;
  /**
   * How long workers may take to stop before they are given up on and named. 25 s by default: less than Kubernetes' grace
   * period of 30 s, so that the report is written before SIGKILL.
   */
  readonly shutdownTimeout?: Duration | undefined;
  /**
   * In which order the workers are stopped. `"all"`, the default: all at once. `"reverse"`: source by source, from the last to the
   * first, each of which begins when the one before it has stopped or its time is over.
   */
  readonly stopOrder?: StopOrder | undefined;
  /** Decides where and when distributed workers run. By default, they run in this process. */
  readonly engine?: Engine | undefined;
}

/** In which order a roster is stopped. */
export type StopOrder = "all" | "reverse";

/** The same, once it has been checked. */
export interface CheckedSettings {
  readonly logger: Logger | undefined;
  readonly signal: AbortSignal | undefined;
  readonly signals: readonly ProcessSignal[] | undefined;
  /** In ms. */
  readonly shutdownTimeout: number;
  readonly stopOrder: StopOrder;
  readonly engine: Engine | undefined;
}

/** Checks the settings; each that makes no sense is a problem. */
export function checkSettings(settings: RunnerSettings, problems: Problems): CheckedSettings {
  const { logger, signal, signals, shutdownTimeout = "25s", stopOrder = "all", engine } = settings;
  if (logger !== undefined && !isLogger(logger)) {
    problems.add(`The option logger: ${inspect(logger)} is no logger: give an object with debug, info, warn and error`);
  }
  if (signal !== undefined && !isAbortSignal(signal)) {
    problems.add(`The option signal: ${inspect(signal, { depth: 0 })} is not an AbortSignal`);
  }
  if (signals !== undefined) checkSignals(signals, problems);
  const timeout = problems.attempt("The option shutdownTimeout", () => parseDuration(shutdownTimeout)) ?? 0;
  if (stopOrder !== "all" && stopOrder !== "reverse") {
    problems.add(`The option stopOrder: ${inspect(stopOrder)} is no order: give "all" or "reverse"`);
  }
  if (engine !== undefined && !isEngine(engine)) {
    problems.add(
      `The option engine: ${inspect(engine, { depth: 0 })} is no engine: give what bullmq() of watchbill/bullmq returns`,
    );
  }
  return { logger, signal, signals, shutdownTimeout: timeout, stopOrder, engine };
}

function isEngine(value: unknown): value is Engine {
  return typeof value === "object" && value !== null && "join" in value && typeof value.join === "function";
}

function checkSignals(signals: unknown, problems: Problems): void {
  if (!Array.isArray(signals)) {
    problems.add(`The option signals: ${inspect(signals)} is not a list of signals: give ["SIGTERM"], for example`);
    return;
  }
  for (const signal of signals) {
    if (typeof signal === "string" && Object.hasOwn(constants.signals, signal) && !uncatchable.includes(signal)) continue;
    problems.add(
      `The option signals: ${inspect(signal)} is not a signal that a process can listen to: give "SIGTERM", for example`,
    );
  }
}

const uncatchable = ["SIGKILL", "SIGSTOP"];
