import { inspect, types } from "node:util";

/**
 * The one place that looks into values which the library did not make: what a worker throws or returns, the reason of a signal,
 * an argument of the wrong type. Such a value may be a proxy whose traps throw, an object whose getters throw, or an error whose
 * message is no string. Nothing in this file throws, calls into such a value a second time, or returns more text than a message
 * can hold.
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

/**
 * The first elements of an array that is the property of a value, and how many it has; undefined if it is not an array. A proxy
 * of an array is not read.
 */
export function readList(value: unknown, key: PropertyKey, most: number): { items: unknown[]; length: number } | undefined {
  const list = readProperty(value, key);
  if (types.isProxy(list) || !Array.isArray(list)) return undefined;
  return {
    items: Array.from({ length: Math.min(list.length, most) }, (_, index) => readProperty(list, index)),
    length: list.length,
  };
}

/**
 * The own enumerable properties of an object, for a log entry. One that cannot be read has a text in its place that says so; so
 * has the object, under `details`, if its keys cannot be listed.
 */
export function readFields(value: object): [key: string, value: unknown][] {
  let keys: string[];
  try {
    keys = Object.keys(value);
  } catch {
    return [["details", describeKind(value)]];
  }
  if (keys.length === 0 && types.isProxy(value)) return [["details", describeKind(value)]];
  return keys.map((key) => {
    try {
      return [key, Reflect.get(value, key)];
    } catch {
      return [key, "(cannot be read)"];
    }
  });
}

/** The own enumerable keys of an object; none if they cannot be listed. */
export function ownKeys(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** Calls back if a value is a promise, or has a `then`, and rejects, or fails in its `then`. The value may be anything. */
export function onRejection(value: unknown, callback: (reason: unknown) => void): void {
  if (!isObjectLike(value)) return;
  try {
    onSettled(value, () => {}, callback);
  } catch (reason) {
    callback(reason);
  }
}

/**
 * Calls back once a promise has settled, or what has a `then` calls back; in a later microtask for any other object, with itself.
 * Does not call the `then` of a promise, which may have been replaced by one that throws or calls back twice.
 *
 * `then` of Node asks a promise for its `constructor` and for the `Symbol.species` of that: getters that may throw, or return a
 * class whose promises throw. A promise that may have others than Node's is therefore given Node's own for as long as `then`
 * takes.
 * @throws what these getters of a promise throw that is frozen, or whose own `constructor` cannot be changed. Its rejection
 * remains unhandled: nothing in the language reads the state of a promise without them, `await` included.
 */
export function onSettled(value: object, onFulfilled: (result: unknown) => void, onRejected: (reason: unknown) => void): void {
  if (!types.isPromise(value)) void then.call(new Promise((resolve) => resolve(value)), onFulfilled, onRejected);
  else if (hasConstructorOfNode(value)) void then.call(value, onFulfilled, onRejected);
  else thenWithConstructorOfNode(value, onFulfilled, onRejected);
}

const then: (
  this: Promise<unknown>,
  onFulfilled: (result: unknown) => void,
  onRejected: (reason: unknown) => void,
) => Promise<void> = Reflect.get(Promise.prototype, "then");

/** Without calling a getter. A value that is a promise is never a proxy. */
function hasConstructorOfNode(promise: Promise<unknown>): boolean {
  return Object.getPrototypeOf(promise) === Promise.prototype && !Object.hasOwn(promise, "constructor");
}

function thenWithConstructorOfNode(
  promise: Promise<unknown>,
  onFulfilled: (result: unknown) => void,
  onRejected: (reason: unknown) => void,
): void {
  const own = Object.getOwnPropertyDescriptor(promise, "constructor");
  const isReplaced = Reflect.defineProperty(promise, "constructor", { value: Promise, configurable: true });
  void then.call(promise, onFulfilled, onRejected);
  if (!isReplaced) return;
  if (own === undefined) Reflect.deleteProperty(promise, "constructor");
  else Reflect.defineProperty(promise, "constructor", own);
}

/** Whether a value is a promise, whatever its prototype is, or has a `then`. */
export function isThenable(value: unknown): boolean {
  return types.isPromise(value) || hasMethod(value, "then");
}

/** The elements of an array, in a new one; undefined if it is not an array or cannot be read. */
export function readArray(value: unknown): unknown[] | undefined {
  try {
    return Array.isArray(value) ? Array.from<unknown>(value) : undefined;
  } catch {
    return undefined;
  }
}

/** The name of a function or a class; "" if it has none that can be read. */
export function functionName(value: object): string {
  const name = readProperty(value, "name");
  return typeof name === "string" ? name : "";
}

/**
 * Whether a value is a class, and not a function that can be called as well. A plain function has a prototype that can be
 * replaced.
 */
export function isClass(value: unknown): boolean {
  try {
    return typeof value === "function" && Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
  } catch {
    return false;
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

/**
 * Whether a value is an `Error`, of whatever realm. A proxy is not: it can be revoked later, or throw whenever it is looked at.
 */
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
  if (message === undefined) return "no message that can be read";
  return typeof message === "string" ? cutText(message) : showValue(message);
}

/** The stack of an error, cut to what a log can hold; undefined if it has none that can be read. */
export function errorStack(error: Error): string | undefined {
  const stack = readProperty(error, "stack");
  return typeof stack === "string" ? cutText(stack, 10 * longestText) : undefined;
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

/**
 * Shows a value in a message: a primitive or a Date as it is, and of everything else only what it is and which keys it has. The
 * values in an object are left out, since an object that was passed by mistake may hold a password.
 */
export function showValue(value: unknown): string {
  if (typeof value === "string") return inspect(cutText(value, 100));
  if (typeof value === "symbol") return cutText(String(value), 100);
  // Writing out a bigint takes the square of its length.
  if (typeof value === "bigint" && (value > hugeBigInt || value < -hugeBigInt)) return "a huge bigint";
  if (!types.isProxy(value) && types.isDate(value)) return showDate(value);
  return isObjectLike(value) ? describeKind(value) : inspect(value);
}

/**
 * The same where a string is never valid, so that one may be a secret, such as a connection URL: that it is a string, and not
 * which.
 */
export function showUnlessText(value: unknown): string {
  return typeof value === "string" ? describeKind(value) : showValue(value);
}

const hugeBigInt = 10n ** 100n;

function showDate(date: Date): string {
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? "Invalid Date" : Date.prototype.toISOString.call(date);
}

/** The most keys of an object that a message names. */
const mostKeys = 10;

/**
 * What a value is, without anything that is in it: `"a string"`, `"an instance of Pool"`, `"an object with the keys url,
 * password"`. For places where a string would be a mistake too, and may be a secret.
 */
export function describeKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object" && typeof value !== "function") return `a ${typeof value}`;
  if (types.isProxy(value)) return "a proxy";
  try {
    if (Array.isArray(value)) return `an array of ${value.length}`;
    if (typeof value === "function") return describeFunction(value);
    // The keys of these are numbers, and there may be many millions of them.
    if (types.isTypedArray(value)) return `${article(constructorName(value))} of ${value.length}`;
    if (types.isStringObject(value)) return "a String object";
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

function article(noun: string): string {
  return noun === "" ? "an array of numbers" : `${/^[aeio]/i.test(noun) ? "an" : "a"} ${noun}`;
}

function describeFunction(value: object): string {
  const name = functionName(value);
  const kind = isClass(value) ? "class" : "function";
  return name === "" ? `a ${kind} without a name` : `the ${kind} ${cutText(name, 50)}`;
}

/** The name of the class of an object; "" for a literal. */
export function className(value: object): string {
  const name = readProperty(readProperty(value, "constructor"), "name");
  return typeof name === "string" && name !== "Object" ? name : "";
}

function constructorName(value: object): string {
  return cutText(className(value), 50);
}

/** How deep the objects of a log entry are shown, and how many elements or keys of each. */
const deepest = 2;
const widest = 20;

/**
 * Shows a value that was passed to the logger on purpose, with what is in it, in one line as `util.inspect` does. Of an error,
 * wherever it is in the value, only the name and the message: errors of HTTP clients have the request, and so its credentials,
 * among their properties.
 */
export function inspectSafely(value: unknown): string {
  return cutText(inspectAt(value, 0));
}

function inspectAt(value: unknown, depth: number): string {
  if (typeof value === "string") return inspect(cutText(value, depth === 0 ? longestText : 200));
  if (!isObjectLike(value) || types.isProxy(value) || types.isDate(value)) return showValue(value);
  if (isError(value)) return `[${describeError(value)}]`;
  try {
    if (Array.isArray(value)) {
      if (depth > deepest) return "[Array]";
      return listed("[", "]", value.length, (index) => inspectAt(readProperty(value, index), depth + 1));
    }
    if (!isPlainObject(value)) return cutText(inspect(value, inspectOptions));
    if (depth > deepest) return "[Object]";
    const fields = readFields(value);
    return listed("{", "}", fields.length, (index) => {
      const [key, field] = fields[index] ?? ["", undefined];
      return `${/^[\w$]+$/.test(key) ? cutText(key, 100) : inspect(cutText(key, 100))}: ${inspectAt(field, depth + 1)}`;
    });
  } catch {
    return describeKind(value);
  }
}

/** For instances, maps and the like: not so deep that an error among them would show its properties. */
const inspectOptions = {
  depth: 0,
  maxArrayLength: widest,
  maxStringLength: 200,
  breakLength: Number.POSITIVE_INFINITY,
  compact: true,
};

function isPlainObject(value: object): boolean {
  if (hasMethod(value, inspect.custom)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (typeof value === "object" && Object.getPrototypeOf(prototype) === null);
}

function listed(open: string, close: string, length: number, at: (index: number) => string): string {
  const shown = Array.from({ length: Math.min(length, widest) }, (_, index) => at(index));
  if (length > widest) shown.push(`... ${length - widest} more`);
  if (shown.length === 0) return `${open}${close}`;
  return `${open} ${shown.join(", ")} ${close}`;
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
