import { inspect, types } from "node:util";

/**
 * The one place that looks into values which the library did not make: what a worker throws or returns, the reason of a signal, an
 * argument of the wrong type. Such a value may be a proxy whose traps throw, an object whose getters throw, or an error whose message is
 * no string. Nothing in this file throws, calls into such a value a second time, or returns more text than a message can hold.
 */

/** The longest text that one value contributes to a message. */
const longestText = 2_000;

/** The property of a value; undefined if there is none or it cannot be read. */
export function readProperty(value: unknown, key: PropertyKey): unknown {
  if (!isObjectLike(value)) return undefined;
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}

/** Whether a value has a method of that name. */
export function hasMethod(value: unknown, key: PropertyKey): boolean {
  return typeof readProperty(value, key) === "function";
}

export function isObjectLike(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether a value is an instance of a class of this realm. A proxy is not, whatever it stands for. */
export function isInstanceOf<Instance>(value: unknown, type: abstract new (...args: never[]) => Instance): value is Instance {
  if (types.isProxy(value)) return false;
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Whether a value is an `Error`, of whatever realm. A proxy is not: it can be revoked later, or throw whenever it is looked at. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || isInstanceOf(value, Error);
}

/** Cuts a text that is too long for a message or a log line, and says how long it was. */
export function cutText(text: string, longest = longestText): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
}

/** The name of an error, such as `"TypeError"`. */
export function errorName(error: Error): string {
  const name = readProperty(error, "name");
  return typeof name === "string" && name !== "" ? cutText(name, 100) : "Error";
}

/** The message of an error, cut to what a line can hold. */
export function errorMessage(error: Error): string {
  const message = readProperty(error, "message");
  return typeof message === "string" ? cutText(message) : showValue(message);
}

/** The stack of an error, cut to what a log can hold; undefined if it has none that can be read. */
export function errorStack(error: Error): string | undefined {
  const stack = readProperty(error, "stack");
  return typeof stack === "string" ? cutText(stack, 10 * longestText) : undefined;
}

/** An error in one line, for messages and tables: its name and its message. */
export function describeError(error: Error): string {
  return `${errorName(error)}: ${errorMessage(error)}`;
}

/**
 * Shows a value in a message: a primitive or a Date as it is, and of everything else only what it is and which keys it has. The
 * values in an object are left out, since an object that was passed by mistake may hold a password.
 */
export function showValue(value: unknown): string {
  if (typeof value === "string") return inspect(cutText(value, 100));
  if (typeof value === "symbol") return cutText(String(value), 100);
  if (isInstanceOf(value, Date)) return inspect(value);
  return isObjectLike(value) ? describeKind(value) : inspect(value);
}

/** The most keys of an object that a message names. */
const mostKeys = 10;

/**
 * What a value is, without anything that is in it: `"a string"`, `"an instance of Pool"`, `"an object with the keys url, password"`. For
 * places where a string would be a mistake too, and may be a secret.
 */
export function describeKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object" && typeof value !== "function") return `a ${typeof value}`;
  if (types.isProxy(value)) return "a proxy";
  try {
    if (Array.isArray(value)) return `an array of ${value.length}`;
    if (typeof value === "function") return describeFunction(value);
    const keys = Object.keys(value);
    const shown = keys.slice(0, mostKeys).map((key) => cutText(key, 50));
    const more = keys.length > mostKeys ? ` and ${keys.length - mostKeys} more` : "";
    const name = constructorName(value);
    const what = name === "" ? "an object" : `an instance of ${name}`;
    if (keys.length === 0) return name === "" ? "an object without keys" : what;
    return `${what} with the ${keys.length === 1 ? "key" : "keys"} ${shown.join(", ")}${more}`;
  } catch {
    return "an object that cannot be read";
  }
}

function describeFunction(value: object): string {
  const name = readProperty(value, "name");
  const kind = Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false ? "class" : "function";
  return typeof name === "string" && name !== "" ? `the ${kind} ${cutText(name, 50)}` : `a ${kind} without a name`;
}

/** The name of the class of an object; "" for a literal. */
function constructorName(value: object): string {
  const name = readProperty(readProperty(value, "constructor"), "name");
  return typeof name === "string" && name !== "Object" ? cutText(name, 50) : "";
}

/** What `util.inspect` makes of a value that the user wrote to the log on purpose: shows what is in it, but never throws and is never long. */
export function inspectSafely(value: unknown): string {
  try {
    return cutText(inspect(value, { maxArrayLength: 20, maxStringLength: longestText, breakLength: Number.POSITIVE_INFINITY }));
  } catch {
    return describeKind(value);
  }
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
