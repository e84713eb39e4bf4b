import { inspectSafely, readFields } from "../errors/inspect-safely.js";
import { onRejection } from "../errors/on-settled.js";
import { isError, isInstanceOf, isObjectLike } from "../errors/read-value.js";
import { showValue } from "../errors/show-value.js";
import type { Logger, LogLevel } from "./logger.js";
import { nestName } from "./nest-name.js";
import { writeToStderr } from "./stderr-logger.js";

/**
 * Adds the name of a worker to every entry. Never throws, with whatever arguments it is called: if the logger fails, the entry
 * and the error go to stderr. The methods may be detached.
 *
 * Arguments that the types do not allow are not lost: further arguments are formatted into the message as `console.log` does, and
 * a message that is not a string is converted to one.
 */
export class WorkerLogger implements Logger {
  readonly debug: Logger["debug"];
  readonly info: Logger["info"];
  readonly warn: Logger["warn"];
  readonly error: Logger["error"];

  readonly #target: Logger;
  readonly #worker: string;

  constructor(logger: Logger, name: string) {
    // The logger of a nested worker writes to the same target, with the outer name in front.
    const outer = isInstanceOf(logger, WorkerLogger) ? logger : undefined;
    const target = outer === undefined ? logger : outer.#target;
    const worker = outer === undefined ? name : nestName(outer.#worker, name);
    this.#target = target;
    this.#worker = worker;
    const bound = worker === "" ? {} : { worker };
    const methodAt =
      (level: LogLevel) =>
      (...args: unknown[]): void => {
        const { details, message } = entryOf(args, bound);
        const onFailure = (err: unknown): void => {
          writeToStderr(level, details, message);
          writeToStderr("error", { ...bound, err }, "the logger failed on the entry above");
        };
        try {
          // Without a second argument if there is no message: console would write "undefined".
          const returned: unknown = message === undefined ? target[level](details) : target[level](details, message);
          onRejection(returned, onFailure);
        } catch (err) {
          onFailure(err);
        }
      };
    this.debug = methodAt("debug");
    this.info = methodAt("info");
    this.warn = methodAt("warn");
    this.error = methodAt("error");
  }
}

/** The entry that the arguments of a log method make. */
function entryOf([first, ...others]: unknown[], bound: object): { details: object; message: string | undefined } {
  if (!isObjectLike(first)) {
    const err = others.find(isError);
    const details = err === undefined ? bound : { err, ...bound };
    return { details, message: first === undefined || first === null ? messageOf(others) : messageOf([first, ...others]) };
  }
  const fields = isError(first) ? { err: first } : Object.fromEntries(readFields(first));
  return { details: { ...bound, ...fields, ...bound }, message: messageOf(others) };
}

function messageOf([message, ...others]: unknown[]): string | undefined {
  const text = typeof message === "string" || message === undefined ? message : showValue(message);
  if (others.length === 0) return text;
  const rest = [...others];
  const filled = (text ?? "").replaceAll(/%[sdifjoOc]/g, (place) => (rest.length > 0 ? textOf(rest.shift()) : place));
  return [filled, ...rest.map(textOf)].join(" ");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : inspectSafely(value);
}
