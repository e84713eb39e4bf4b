/**
 * The base class of every error that watchbill throws or rejects with, so that `instanceof WatchbillError` tells the
 * library's errors from your own. Your own errors are never wrapped in one: they are passed on by identity.
 */
export abstract class WatchbillError extends Error {
  static {
    this.prototype.name = "WatchbillError";
  }
}
