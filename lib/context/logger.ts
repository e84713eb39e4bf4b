/** One level of a {@link Logger}: what it is about as an object, and a message; or a message alone. */
export interface LogMethod {
  (details: object, message?: string): void;
  (message: string): void;
}

/**
 * Where the library and your workers write to. It has the shape of a pino logger, so that one fits as it is.
 * The library logs `worker`, `attempt`, `delay` (ms) and `err` where they apply.
 */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

export type LogLevel = keyof Logger;
