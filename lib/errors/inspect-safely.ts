import { inspect, types } from "node:util";
import { describeError } from "./read-error.js";
import { hasMethod, isError, isObjectLike, readProperty } from "./read-value.js";
import { cutText, describeKind, longestText, showValue } from "./show-value.js";

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
