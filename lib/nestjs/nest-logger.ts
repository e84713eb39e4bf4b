import { inspect } from "node:util";
import { Logger as NestLogger } from "@nestjs/common";
import { failureText, type Logger } from "../index.js";

/** The context of entries that are about the runner and not about one worker. */
export const runnerContext = "Watchbill";

/**
 * Writes the entries of workers to the logger of the Nest application, whichever that is when an entry is written. The context of
 * an entry is the name of its worker. Fields that the message does not say already follow it. The first error of a kind keeps
 * its stack, with those of its causes: as the stack of an entry of level `error`, and below the message of the others, which have
 * none; later ones are a line. Of its properties it keeps what {@link failureText} has.
 */
export const nestLogger: Logger = {
  debug: (details, message) => write("debug", details, message),
  info: (details, message) => write("log", details, message),
  warn: (details, message) => write("warn", details, message),
  error: (details, message) => write("error", details, message),
};

interface Entry {
  readonly worker?: unknown;
  readonly err?: unknown;
}

function write(level: "debug" | "log" | "warn" | "error", details: object | string, message = ""): void {
  if (typeof details === "string") {
    NestLogger[level](details, runnerContext);
    return;
  }
  const { worker, err, ...fields }: Entry = details;
  const context = typeof worker === "string" ? worker : runnerContext;
  // A further failure of a worker, which the runner sums up later. Nest writes level debug, unless the user says otherwise.
  if (level === "debug" && err !== undefined && "attempt" in fields) return;
  const text = withFields(message, fields);
  if (err === undefined) {
    NestLogger[level](text, context);
    return;
  }
  const { line, full } = failureText(err);
  if (full === undefined) NestLogger[level](text === "" ? line : `${text}: ${line}`, context);
  else if (level === "error") NestLogger.error(text, full, context);
  else NestLogger[level](`${text}\n${full}`, context);
}

function withFields(message: string, fields: object): string {
  const unsaid = Object.entries(fields).filter(([key, value]) => value !== undefined && !isSaid(message, key, value));
  if (unsaid.length === 0) return message;
  return `${message} ${inspect(Object.fromEntries(unsaid), { breakLength: Number.POSITIVE_INFINITY })}`.trimStart();
}

/** Messages say these in words: "in 4s" is a `delay` of 4000, and "paused" the `command` "pause". */
const saidInWords: readonly string[] = ["command", "delay", "duration"];

function isSaid(message: string, key: string, value: unknown): boolean {
  if (saidInWords.includes(key)) return message !== "";
  return (typeof value === "number" || typeof value === "string") && message.split(/[^\w.]+/).includes(String(value));
}
