import { types } from "node:util";

/**
 * Reads values which the library did not make: what a worker throws or returns, the reason of a signal, an argument of the wrong
 * type. Such a value may be a proxy whose traps throw, or an object whose getters throw. Nothing in this file throws.
 */

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

/** The elements of an array, in a new one; undefined if it is not an array or cannot be read. */
export function readArray(value: unknown): unknown[] | undefined {
  try {
    return Array.isArray(value) ? Array.from<unknown>(value) : undefined;
  } catch {
    return undefined;
  }
}

/** The own enumerable keys of an object; none if they cannot be listed. */
export function ownKeys(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** The name of a function or a class; "" if it has none that can be read. */
export function functionName(value: object): string {
  const name = readProperty(value, "name");
  return typeof name === "string" ? name : "";
}

/** The name of the class of an object; "" for a literal. */
export function className(value: object): string {
  const name = readProperty(readProperty(value, "constructor"), "name");
  return typeof name === "string" && name !== "Object" ? name : "";
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
