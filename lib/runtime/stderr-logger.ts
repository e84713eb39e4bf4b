import { inspectSafely, readFields } from "../errors/inspect-safely.js";
import { containsWord } from "../errors/read-error.js";
import { cutText } from "../errors/show-value.js";
import { formatDuration } from "../timers/format-duration.js";
import { escapeControls, failureText } from "./failure-text.js";
import type { Logger, LogLevel } from "./logger.js";

/**
 * The logger that is used when none is given. Writes a line to stderr for every entry of level info and above. The first failure
 * of a kind has its stack below it, without the library's own frames, with its causes and the errors that it holds; the same
 * failure again, within an hour, is a line:
 *
 *     2026-11-24T07:42:14.717Z WARN github/commits: failed (attempt 1), retrying in 1s
 *         Error: HTTP 503
 *             at CommitFetcher.fetchCommits (...)
 *     2026-11-24T07:42:15.717Z WARN github/commits: failed (attempt 2), retrying in 2s: Error: HTTP 503
 *
 * Of the properties of an error only the code, the status and the like are printed: others may hold credentials. Control
 * characters are escaped: what a remote server puts into an error message cannot drive the terminal, nor forge an entry. Never
 * throws, and an entry is not longer than 64 kB.
 */
export const stderrLogger: Logger = {
  // Those who need this much detail have a logger that can filter it.
  debug: () => {},
  info: (details, message) => writeToStderr("info", details, message),
  warn: (details, message) => writeToStderr("warn", details, message),
  error: (details, message) => writeToStderr("error", details, message),
};

/** The most characters of the first line of an entry, and of an entry. */
const longestHead = 16_000;
const longestEntry = 64_000;

/** Writes one entry, of whatever level. Never throws. */
export function writeToStderr(level: LogLevel, details: object | string, message?: string): void {
  try {
    const { stderr } = process;
    // A stderr that is closed is no reason to end the process. The listener stays: errors come late, and repeatedly.
    if (!stderr.listeners("error").includes(ignore)) stderr.on("error", ignore);
    stderr.write(`${typeof details === "string" ? format(level, {}, details) : format(level, details, message)}\n`);
  } catch {
    // There is no place left to report it.
  }
}

function ignore(): void {}

function format(level: LogLevel, details: object, message = ""): string {
  const fields = readFields(details);
  const fieldOf = (key: string): unknown => fields.find(([other]) => other === key)?.[1];
  const worker = fieldOf("worker");
  const shown = fields
    .filter(([key, value]) => key !== "worker" && key !== "err" && value !== undefined)
    .map(([key, value]) => field(key, value))
    .filter(({ words }) => !words.some((each) => containsWord(message, each)))
    .map(({ text }) => text);
  const subject = worker === undefined ? "" : `${typeof worker === "string" ? worker : inspectSafely(worker)}: `;
  const head = [`${subject}${message}`.trimEnd(), shown.length > 0 ? `(${shown.join(", ")})` : ""].filter(Boolean).join(" ");
  const failure = "err" in details ? failureText(fieldOf("err")) : undefined;
  const isNew = failure?.full !== undefined;
  const line = failure === undefined || isNew ? cutText(head, longestHead) : `${cutText(head, longestHead)}: ${failure.line}`;
  const first = `${new Date().toISOString()} ${level.toUpperCase()} ${escapeControls(line).replaceAll("\n", "\\n")}`;
  // Below the line of its entry, so that its lines cannot be taken for entries.
  return cutText(isNew ? `${first}\n${failure.full.replaceAll(/^/gm, "    ")}` : first, longestEntry);
}

/** A field as it is printed, and the words which, if they are in the message, say the same. */
function field(key: string, value: unknown): { text: string; words: readonly string[] } {
  if (isDuration(key) && typeof value === "number") {
    const duration = formatDuration(value);
    return { text: key === "ms" ? duration : `${key} ${duration}`, words: [duration] };
  }
  const shown = typeof value === "string" ? cutText(value) : inspectSafely(value);
  const text = `${cutText(key, 100)} ${shown}`;
  // As in "attempt 3", "3 attempts", "3 failures" and "1 failure"; and of a command, "paused by alice: maintenance".
  const nouns = key === "count" ? ["times"] : [key, `${key}s`, key.replace(/s$/, "")];
  const ofCommands = { command: [`${shown}d`, `${shown}ed`], reason: [shown] };
  const words = key === "command" || key === "reason" ? ofCommands[key] : [];
  return { text, words: [text, ...nouns.map((noun) => `${shown} ${noun}`), ...words] };
}

/** Fields that are a time in ms. */
function isDuration(key: string): boolean {
  return key === "delay" || key === "duration" || key === "ms";
}
