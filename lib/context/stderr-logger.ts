import { inspectSafely } from "../errors/foreign-value.js";
import { formatDuration } from "../time/format-duration.js";
import type { Logger, LogLevel } from "./logger.js";

/**
 * The logger that is used when none is given. Writes a line to stderr for every entry of level info and above, and under it
 * the error with its stack and its causes, so that a failure is never silent:
 *
 *     2026-11-24T07:42:15.717Z ERROR github/commits: failed, and is tried again (attempt 1, delay 1s)
 *         Error: HTTP 503
 *             at CommitFetcher.fetchCommits (...)
 *
 * Control characters are escaped: what a remote server puts into an error message cannot drive the terminal.
 */
export const stderrLogger: Logger = {
  // Those who need this much detail have a logger that can filter it.
  debug: () => {},
  info: (details, message) => writeToStderr("info", details, message),
  warn: (details, message) => writeToStderr("warn", details, message),
  error: (details, message) => writeToStderr("error", details, message),
};

/** Writes one entry, of whatever level. */
export function writeToStderr(level: LogLevel, details: object | string, message?: string): void {
  const { stderr } = process;
  // A stderr that nobody reads any longer is no reason to end the process. The listener stays: errors come late, and repeatedly.
  if (!stderr.listeners("error").includes(ignore)) stderr.on("error", ignore);
  stderr.write(`${typeof details === "string" ? format(level, {}, details) : format(level, details, message)}\n`);
}

function ignore(): void {}

function format(level: LogLevel, details: object, message = ""): string {
  const { worker, err, ...rest }: { worker?: unknown; err?: unknown } = details;
  const fields = Object.entries(rest).map(([key, value]) => `${key} ${show(key, value)}`);
  const subject = worker === undefined ? "" : `${show("worker", worker)}: `;
  const head = `${new Date().toISOString()} ${level.toUpperCase()} ${subject}${message}${fields.length > 0 ? ` (${fields.join(", ")})` : ""}`;
  const error = "err" in details ? `\n${inspectSafely(err).replaceAll(/^/gm, "    ")}` : "";
  // A line break of the head would let remote text forge an entry; the error below it is indented.
  return `${escapeControls(head).replaceAll("\n", "\\n")}${escapeControls(error)}`;
}

function show(key: string, value: unknown): string {
  if (key === "delay" && typeof value === "number") return formatDuration(value);
  return typeof value === "string" ? value : inspectSafely(value);
}

function escapeControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
