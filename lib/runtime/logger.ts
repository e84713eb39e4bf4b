import { hasMethod, isObjectLike, readProperty } from "../errors/read-value.js";
import { describeKind } from "../errors/show-value.js";

/**
 * Receives the log entries of the library and of your workers. It has the shape of a pino logger: the fields of an entry come
 * first, as an object, and then the message. The logger of a context also accepts a message alone, and values for its `%s`; a
 * logger that you provide always receives an object first. `docs/logging.md` has adapters for loggers of another shape.
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

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Whether a value can be used as a logger. Never throws. */
export function isLogger(value: unknown): value is Logger {
  return loggerProblem(value) === undefined;
}

/**
 * Explains why a value cannot be used as a logger, such as `"it has no method info"`; returns undefined if it can. A logger that
 * expects the message first would lose messages and stacks, so those that can be recognised are refused. Never throws.
 */
export function loggerProblem(value: unknown): string | undefined {
  if (!isObjectLike(value)) return `it is ${describeKind(value)}`;
  const missing = levels.filter((level) => !hasMethod(value, level));
  if (missing.length === levels.length) return `it is ${describeKind(value)}, and has no method ${missing.join(", ")}`;
  if (isWinston(value))
    return `it is a winston logger, which takes the message first and would lose it, and stacks: ${winstonFix}`;
  // The loggers of Nest have `log` in place of `info`.
  if (missing.length > 0 && hasMethod(value, "log") && hasMethod(value, "verbose"))
    return `it is a logger with the shape of Nest's, which takes the message first: ${nestFix}`;
  if (missing.length > 0) return `it has ${missing.map((level) => `no method ${level}`).join(" and ")}`;
  if (hasMethod(value, "addSerializers") && !hasMethod(readProperty(value, "serializers"), "err"))
    return "it is a bunyan logger without a serializer for err, which would lose stacks: create it with bunyan.stdSerializers";
  return undefined;
}

const winstonFix =
  "wrap it, with info: ({ err, ...rest }, message) => winston.info(message, { ...rest, stack: err?.stack }) and so on";
const nestFix = "wrap it, with info: ({ worker }, message) => nest.log(message, worker) and so on";

/** The methods of the module itself write to its default logger. */
function isWinston(value: object): boolean {
  const isSelf = hasMethod(value, "createLogger") || isObjectLike(readProperty(value, "levels"));
  return isSelf && hasMethod(value, "log") && isObjectLike(readProperty(value, "transports"));
}
