import { types } from "node:util";
import { hasMethod } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";

/**
 * Refuses a promise where a value is needed at once, and takes over its rejection, which would be unhandled otherwise.
 * @param subject of the message, such as `"resolve"`
 * @throws InvalidArgumentError if it is one
 */
export function refusePromise(subject: string, value: unknown): void {
  if (!types.isPromise(value) && !hasMethod(value, "then")) return;
  if (types.isPromise(value)) silence(value);
  throw new InvalidArgumentError(
    `${subject} returned a promise: it must return the value itself, so await what it needs before bootstrap`,
  );
}

/** Of a promise whose result does not matter any more. */
export function silence(promise: Promise<unknown>): void {
  try {
    void Promise.prototype.then.call(promise, undefined, () => {});
  } catch {
    // A subclass of Promise whose constructor throws: its rejection cannot be taken over.
  }
}
