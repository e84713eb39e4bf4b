import { inspect } from "node:util";
import { errorText } from "./error-text.js";

/**
 * The base class of every error that watchbill throws or rejects with, so that `instanceof WatchbillError` tells the
 * library's errors from your own. Your own errors are never wrapped in one: they are passed on by identity.
 */
export abstract class WatchbillError extends Error {
  static {
    this.prototype.name = "WatchbillError";
    Object.defineProperty(this.prototype, inspect.custom, { value: inspectError });
  }
}

/**
 * What Node prints of an uncaught one, and `console.error(error)`: each error that it holds once, without the library's own frames and
 * without the values of what was thrown.
 */
function inspectError(this: WatchbillError): string {
  return errorText(this);
}
