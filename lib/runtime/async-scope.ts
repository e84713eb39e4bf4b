import { AsyncResource } from "node:async_hooks";

// Of a resource that is destroyed by hand Node does not watch the garbage collection.
const options = { requireManualDestroy: true };

/**
 * The async context in which this was made: what `AsyncLocalStorage` has in store for a runner's workers is what it had when `run()` was
 * called, wherever a run is started from.
 */
export class AsyncScope {
  readonly #resource = new AsyncResource("WatchbillRunner", options);

  /** Calls `code` in that context. A store that it enters by `enterWith` is not seen by later calls. */
  run<Argument, Result>(code: (argument: Argument) => Result, argument: Argument): Result {
    return this.#resource.runInAsyncScope(newRun).runInAsyncScope(code, undefined, argument);
  }
}

/** Each call has a resource of its own: before Node 24, `enterWith` changes the resource that is current. */
function newRun(): AsyncResource {
  return new AsyncResource("WatchbillRun", options);
}
