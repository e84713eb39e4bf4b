import { AsyncResource } from "node:async_hooks";

const outside = new AsyncResource("WatchbillProcess", { requireManualDestroy: true });

/**
 * Calls `code` in the async context in which this library was loaded, and not in that of the caller. For timers and signal
 * handlers, which serve the whole process: they must not show the `AsyncLocalStorage` store of one caller to others, nor keep it
 * alive.
 */
export function withoutAsyncContext<Result>(code: () => Result): Result {
  return outside.runInAsyncScope(code);
}
