import type { Logger } from "../index.js";

const nothing = (): void => {};

/** Drops every entry: for tests in which the log does not matter. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** An entry of a {@link RecordingLogger}. */
export interface LogEntry {
  readonly level: keyof Logger;
  /** `""` if there is none. */
  readonly message: string;
  /** What the entry was made with: `worker`, `attempt`, `delay`, `err`, … */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its entries. */
export interface RecordingLogger extends Logger {
  readonly entries: readonly LogEntry[];
  /** The entries as short lines, `"warn github/commits: failed (attempt 1), retrying in 4s"`, without those of level debug. */
  readonly lines: readonly string[];
  /** Forgets all entries. */
  clear(): void;
}

/** Returns a logger that keeps its entries, for tests of what is logged. */
export function recordingLogger(): RecordingLogger {
  const entries: LogEntry[] = [];
  const at =
    (level: keyof Logger) =>
    (first: object | string, message = ""): void => {
      if (typeof first === "string") entries.push({ level, message: first, details: {} });
      else entries.push({ level, message, details: { ...first } });
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    get entries() {
      return entries;
    },
    get lines() {
      return entries.filter(({ level }) => level !== "debug").map(lineOf);
    },
    clear: () => void entries.splice(0),
  };
}

function lineOf({ level, message, details: { worker } }: LogEntry): string {
  return typeof worker === "string" && worker !== "" ? `${level} ${worker}: ${message}` : `${level} ${message}`;
}
