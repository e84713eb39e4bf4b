import { checkReadable } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { nearMiss } from "../errors/nearest-names.js";
import { hasMethod, ownKeys, readProperty } from "../errors/read-value.js";
import { describeKind } from "../errors/show-value.js";
import { Context } from "./context.js";
import { type Logger, loggerProblem } from "./logger.js";
import { isAbortSignal } from "./on-abort.js";

/** The caller's context: a {@link WorkerContext}, or any object with a signal and a logger. */
export interface RunOptions {
  /** Aborts what runs. */
  readonly signal?: AbortSignal | undefined;
  /** By default one that writes readable lines to stderr. */
  readonly logger?: Logger | undefined;
}

/** @throws InvalidArgumentError if a context is not an object, an option in it is malformed, or one is misspelt */
export function checkRunOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new InvalidArgumentError(`The context is ${describeKind(options)}: pass an object with a signal`);
  }
  const isOurs = Context.taskOf(options) !== undefined;
  for (const key of ownKeys(options)) checkSpelling(key, options, isOurs);
  if (isOurs) return;
  const signal = checkReadable("The signal of the context", options, "signal");
  const logger = checkReadable("The logger of the context", options, "logger");
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new InvalidArgumentError(`The signal of the context is ${describeKind(signal)}: pass an AbortSignal`);
  }
  const problem = logger === undefined ? undefined : loggerProblem(logger);
  if (problem !== undefined) throw new InvalidArgumentError(`The logger of the context: ${problem}`);
}

/** Whether a value fits an option. */
const fits: Readonly<Record<keyof RunOptions, (value: unknown) => boolean>> = {
  signal: isAbortSignal,
  logger: (value) => hasMethod(value, "info"),
};

/**
 * Refuses a misspelt option. A context may have further fields, so a field is one only if its name is near that of an option
 * which is missing, and its value fits that: `ledger` and `signed` are fields.
 * @param isOurs whether the context has the options of a worker in addition to its own
 * @throws InvalidArgumentError if it is misspelt
 */
function checkSpelling(key: string, options: object, isOurs: boolean): void {
  const meant = nearMiss(key, ["signal", "logger"] as const);
  if (meant === undefined || meant === key) return;
  const isThere = isOurs ? Object.hasOwn(options, meant) : readProperty(options, meant) !== undefined;
  if (!isThere && fits[meant](readProperty(options, key)))
    throw new InvalidArgumentError(`The context has no option "${key}": did you mean ${meant}?`);
}
