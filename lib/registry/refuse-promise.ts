import { types } from "node:util";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { isThenable, onRejection } from "../errors/on-settled.js";

/**
 * Refuses a promise where a value is needed synchronously, and handles its rejection, which would be unhandled otherwise.
 * @param subject for the message, such as `"resolve"`
 * @throws InvalidArgumentError if it is a promise
 */
export function refusePromise(subject: string, value: unknown): void {
  if (!isThenable(value)) return;
  if (types.isPromise(value)) onRejection(value, () => {});
  throw new InvalidArgumentError(
    `${subject} returned a promise: it must return the value itself, so await what it needs before bootstrap`,
  );
}
