/**
 * Where the library and your workers write to. It has the shape of a pino logger, so that one fits as it is. What an entry is
 * about comes first, as an object, and then a message. In a worker a message alone will do; a logger that you provide is always
 * given an object.
 *
 * The library logs `worker`, `attempt`, `delay` (ms) and `err` where they apply.
 */
export interface Logger {
  debug(details: object | string, message?: string): void;
  info(details: object | string, message?: string): void;
  warn(details: object | string, message?: string): void;
  error(details: object | string, message?: string): void;
}

export type LogLevel = keyof Logger;

/** Whether it can take entries. One that lacks some of the methods is accepted: what it cannot take goes to stderr. */
export function isLogger(value: unknown): value is Logger {
  if (typeof value !== "object" || value === null) return false;
  return ["debug", "info", "warn", "error"].some((level) => typeof Reflect.get(value, level) === "function");
}
