import { inspect } from "node:util";
import { errorText } from "./error-text.js";
import { isError } from "./read-value.js";

/**
 * The base class of every error that watchbill throws or rejects with, so that `instanceof WatchbillError` tells the library's
 * errors from your own. Your own errors are never wrapped in one: they are passed on by identity.
 *
 * Printed, by `console.error(error)` or with the default logger, it has each error that it holds once, and neither the library's
 * own frames nor the values of what was thrown.
 */
export abstract class WatchbillError extends Error {
  static {
    this.prototype.name = "WatchbillError";
    Object.defineProperty(this.prototype, inspect.custom, { value: inspectError });
  }

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    // It may be an object with a password in it.
    if (options !== undefined && "cause" in options && !isError(options.cause)) defineUnprinted(this, "cause", options.cause);
  }
}

function inspectError(this: WatchbillError): string {
  return errorText(this);
}

/**
 * Defines a property that Node does not print when the error is uncaught: it uses no {@link inspect.custom} there, but shows
 * accessors as `[Getter]`.
 */
export function defineUnprinted(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { get: () => value, configurable: true });
}
