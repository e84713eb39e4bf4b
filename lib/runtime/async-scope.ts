import { AsyncResource } from "node:async_hooks";

// Without this, Node tracks the garbage collection of each resource, which costs time.
const options = { requireManualDestroy: true };

/**
 * The async context in which this was created. The workers of a runner see the stores of `AsyncLocalStorage` that were current
 * when `run()` was called, from wherever a run is started.
 */
export class AsyncScope {
  readonly #resource = new AsyncResource("WatchbillRunner", options);

  /** Calls `code` in that context. A store that `code` enters by `enterWith` does not affect later calls. */
  run<Argument, Result>(code: (argument: Argument) => Result, argument: Argument): Result {
    return this.#resource.runInAsyncScope(newRun).runInAsyncScope(code, undefined, argument);
  }
}

/** Each call has its own resource, because before Node 24 `enterWith` changes the current one. */
function newRun(): AsyncResource {
  return new AsyncResource("WatchbillRun", options);
}
