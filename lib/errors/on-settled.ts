import { types } from "node:util";
import { hasMethod, isObjectLike } from "./read-value.js";

/** Waits for values which the library did not make: a promise, an object with a `then` that may throw, or anything else. */

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
