import { inspect, types } from "node:util";
import { className, functionName, isClass, isObjectLike } from "./read-value.js";

/**
 * Shows values which the library did not make in messages. Nothing in this file throws, calls into such a value a second time, or
 * returns more text than a message can hold.
 */

/** The longest text that one value contributes to a message. */
export const longestText = 2_000;

/** Cuts a text that is too long for a message or a log line, and says how long it was. */
export function cutText(text: string, longest = longestText): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
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

function constructorName(value: object): string {
  return cutText(className(value), 50);
}
