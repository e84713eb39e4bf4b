import { isError, isInstanceOf, readProperty } from "./read-value.js";
import { cutText, longestText, showValue } from "./show-value.js";

/**
 * Reads errors which the library did not make, and whose message may be no string, or a getter that throws. Nothing in this file
 * throws or returns more text than a message can hold.
 */

/** The name of an error, such as `"TypeError"`. */
export function errorName(error: Error): string {
  const name = readProperty(error, "name");
  return typeof name === "string" && name !== "" ? cutText(name, 100) : "Error";
}

/** The message of an error, cut to what a line can hold. */
export function errorMessage(error: Error): string {
  const message = readProperty(error, "message");
  if (message === undefined) return "no message that can be read";
  return typeof message === "string" ? cutText(message) : showValue(message);
}

/** The longest stack that is looked through for its frames. What is longer is a message, and would take long and much memory. */
const longestStack = 1_000_000;

/** The frames of an error's stack, each a line such as `"at fetchCommits (file:///app/commits.js:7:11)"`. Bounded. */
export function errorFrames(error: Error): string[] {
  const stack = readProperty(error, "stack");
  if (typeof stack !== "string" || stack.length > longestStack) return [];
  const message = readProperty(error, "message");
  // The message may have lines that look like frames.
  const start = typeof message === "string" ? Math.max(stack.indexOf(message), 0) + message.length : 0;
  const frames = stack.slice(start, start + 10 * longestText).split("\n");
  return frames.filter((line) => /^\s+at /.test(line)).map((line) => line.trim());
}

/** The properties of an error that say what kind of failure it is and are never a secret. */
const safeProperties = ["code", "errno", "syscall", "status", "statusCode"];

/** Returns the {@link safeProperties} of an error, each as `"status 503"`, except those whose value its message contains. */
export function errorDetails(error: Error): string[] {
  // The numeric code of a DOMException is a relic, and its name says the same.
  if (isInstanceOf(error, DOMException)) return [];
  const message = errorMessage(error);
  return safeProperties.flatMap((key) => {
    const value = readProperty(error, key);
    if (typeof value !== "number" && (typeof value !== "string" || value === "")) return [];
    const shown = cutText(String(value), 100);
    return containsWord(message, shown) ? [] : [`${key} ${shown}`];
  });
}

/** Whether a text contains another with neither a letter nor a digit beside it. */
export function containsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const isWhole = !/\w/.test(text.charAt(at - 1)) && !/\w/.test(text.charAt(at + word.length));
    if (isWhole) return true;
  }
  return false;
}

/** An error in one line, for messages and tables: its name and its message. */
export function describeError(error: Error): string {
  return `${errorName(error)}: ${errorMessage(error)}`;
}

/** Whether a thrown value is another one, or has it among its causes. */
export function isCausedBy(thrown: unknown, cause: unknown): boolean {
  let next = thrown;
  // A cause may be its own cause.
  for (let depth = 0; depth < 10; depth++) {
    if (Object.is(next, cause)) return true;
    if (!isError(next)) return false;
    next = readProperty(next, "cause");
  }
  return false;
}
