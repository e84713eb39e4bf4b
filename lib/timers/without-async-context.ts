import { AsyncResource } from "node:async_hooks";

const outside = new AsyncResource("WatchbillProcess", { requireManualDestroy: true });

/**
 * Calls `code` outside of the async context of the caller: in that in which this library was loaded. For what serves the whole
 * process, such as a timer or a signal handler: it must neither show one caller's `AsyncLocalStorage` store to the others nor
 * keep it alive.
 */
export function withoutAsyncContext<Result>(code: () => Result): Result {
  return outside.runInAsyncScope(code);
}
