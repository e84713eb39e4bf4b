import type { WorkerContext } from "../runtime/worker-context.js";

/** Something that runs once and returns. */
export interface Job {
  runOnce(context: WorkerContext): Promise<void> | void;
}

/** A function that is a job. Accepted wherever a {@link Job} is; what it returns is awaited and otherwise ignored. */
export type JobFunc = (context: WorkerContext) => unknown;
