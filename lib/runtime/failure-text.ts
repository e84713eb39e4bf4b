import { errorLine, errorText } from "../errors/error-text.js";
import { inspectSafely } from "../errors/inspect-safely.js";
import { isError } from "../errors/read-value.js";
import { PrintedFailures } from "./printed-failures.js";

/** An error, or what was thrown instead, as text for the log. */
export interface FailureText {
  /** Its name, its message and its causes, in one line. */
  readonly line: string;
  /** The same in full, with stacks. Undefined if a failure of its kind has been logged in full within an hour. */
  readonly full: string | undefined;
}

/**
 * What the log on stderr says of an error, for an adapter of a logger that writes text. In full, its stack has no frames of the
 * library, and its causes and the errors that it holds are below it. Of its properties it has the code, the status and the like:
 * others may hold credentials. Control characters are escaped. Counts as logged, so call it once for an entry. Never throws.
 */
export function failureText(err: unknown): FailureText {
  const line = escapeControls(isError(err) ? errorLine(err) : inspectSafely(err)).replaceAll("\n", "\\n");
  if (!isError(err) || !PrintedFailures.current().add(err)) return { line, full: undefined };
  const full = errorText(err, (error) => error !== err && !PrintedFailures.current().add(error));
  return { line, full: escapeControls(full) };
}

/**
 * Also the characters that reverse the direction of what follows, and separators that some terminals and editors take for a
 * line's end.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]|[\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, "0")}`;
  });
}
