import type { Logger, LogLevel, LogMethod } from "./logger.js";
import { stderrLogger } from "./stderr-logger.js";

/**
 * A worker's view of the logger: puts the worker's name on every entry, and never throws. An entry that the logger fails to
 * take goes to stderr, with the logger's error.
 */
export class WorkerLogger implements Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;

  constructor(target: Logger, worker: string) {
    const bound = worker === "" ? {} : { worker };
    const methodAt =
      (level: LogLevel) =>
      (details: object | string, message?: string): void => {
        const entry = typeof details === "string" ? bound : { ...bound, ...details };
        const text = typeof details === "string" ? details : message;
        try {
          target[level](entry, text);
        } catch (err) {
          stderrLogger[level](entry, text);
          stderrLogger.error({ ...bound, err }, "the logger threw on the entry above");
        }
      };
    this.debug = methodAt("debug");
    this.info = methodAt("info");
    this.warn = methodAt("warn");
    this.error = methodAt("error");
  }
}
