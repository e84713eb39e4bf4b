import { AsyncResource } from "node:async_hooks";

const outside = new AsyncResource("WatchbillProcess", { requireManualDestroy: true });

/**
 * Calls `code` outside the async context of the caller, in the one in which this library was loaded. For a timer or a signal
 * handler that serves the whole process: it must neither expose one caller's `AsyncLocalStorage` store to other callers nor keep
 * that store alive.
 */
export function withoutAsyncContext<Result>(code: () => Result): Result {
  return outside.runInAsyncScope(code);
}
