import { inspect } from "node:util";
import type { Logger, LogLevel } from "./logger.js";

/**
 * The logger that is used when none is given. Writes a line to stderr for every entry of level info and above, and under it
 * the error with its stack and its causes, so that a failure is never silent. Control characters are escaped: what a remote
 * server put into an error message cannot drive the terminal.
 */
export const stderrLogger: Logger = {
  // Those who need debugging detail have a logger that can filter it.
  debug: () => {},
  info: writeAt("info"),
  warn: writeAt("warn"),
  error: writeAt("error"),
};

function writeAt(level: LogLevel): (details: object | string, message?: string) => void {
  return (details, message) => {
    process.stderr.write(typeof details === "string" ? format(level, {}, details) : format(level, details, message));
  };
}

function format(level: LogLevel, details: object, message = ""): string {
  const { worker, err, ...rest }: { worker?: unknown; err?: unknown } = details;
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === "string" ? value : inspect(value)}`);
  const head = [new Date().toISOString(), level.toUpperCase(), ...(worker === undefined ? [] : [`${worker}:`]), message, ...fields];
  const lines = [head.filter((part) => part !== "").join(" ")];
  if ("err" in details) lines.push(inspect(err).replaceAll(/^/gm, "    "));
  return `${escapeControls(lines.join("\n"))}\n`;
}

function escapeControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
