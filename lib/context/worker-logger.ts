import { isError } from "../errors/foreign-value.js";
import type { Logger, LogLevel } from "./logger.js";
import { nestName } from "./nest-name.js";
import { writeToStderr } from "./stderr-logger.js";

/**
 * A worker's view of the logger: puts the worker's name on every entry, and never throws. An entry that the logger fails to
 * take goes to stderr, with the logger's error. The methods may be passed around on their own.
 */
export class WorkerLogger implements Logger {
  readonly debug: Logger["debug"];
  readonly info: Logger["info"];
  readonly warn: Logger["warn"];
  readonly error: Logger["error"];

  readonly #target: Logger;
  readonly #worker: string;

  constructor(logger: Logger, name: string) {
    // Within a worker, the logger of a worker is that of the roster, and its name is the first part of the name.
    const target = logger instanceof WorkerLogger ? logger.#target : logger;
    const worker = logger instanceof WorkerLogger ? nestName(logger.#worker, name) : name;
    this.#target = target;
    this.#worker = worker;
    const bound = worker === "" ? {} : { worker };
    const methodAt =
      (level: LogLevel) =>
      (details: object | string, message?: string): void => {
        let entry: object = bound;
        const text = typeof details === "string" ? details : message;
        const refused = (err: unknown): void => {
          writeToStderr(level, entry, text);
          writeToStderr("error", { ...bound, err }, "the logger failed on the entry above");
        };
        try {
          if (isError(details)) entry = { ...bound, err: details };
          else if (typeof details === "object") entry = { ...bound, ...details, ...bound };
          const returned: unknown = target[level](entry, text);
          if (returned instanceof Promise) returned.catch(refused);
        } catch (err) {
          refused(err);
        }
      };
    this.debug = methodAt("debug");
    this.info = methodAt("info");
    this.warn = methodAt("warn");
    this.error = methodAt("error");
  }
}
