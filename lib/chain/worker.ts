import type { WorkerContext } from "../runtime/worker-context.js";

/**
 * A service that runs until its context is aborted. It must then return, or reject with the signal's reason or an
 * `AbortError`; any other rejection is a failure, and so is a return before that.
 */
export interface Worker {
  run(context: WorkerContext): Promise<void> | void;
}

/** A function that is a worker. Accepted wherever a {@link Worker} is; what it returns is awaited and otherwise ignored. */
export type WorkerFunc = (context: WorkerContext) => unknown;
