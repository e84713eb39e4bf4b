import {
  InvalidArgumentError,
  type Job,
  type JobFunc,
  type Newable,
  retryJob,
  timeout,
  type WorkerContext,
  WorkerRegistry,
} from "../index.js";
import { testContext } from "./test-context.js";

export interface RunOnceOptions {
  /** Aborts the run. */
  readonly signal?: AbortSignal | undefined;
  /** Creates the instance of the class, as for `bootstrap`. */
  readonly resolve?: ((type: Newable) => object) | undefined;
  /** Members of the context, such as `{ logger }`. */
  readonly context?: Partial<WorkerContext> | undefined;
}

/**
 * Runs one run of a declared worker, with its timeout and its `@RetryJob`, and without its schedule, its `@Retry` and a runner.
 * Resolves when it has succeeded; rejects with its error, or with the reason of the signal. A continuous worker is called once.
 * @param source a class with decorated methods, or an instance of one
 * @throws BootstrapError if the source is faulty
 * @throws InvalidArgumentError if the method is not decorated as a worker
 */
export async function runOnce<Source extends object>(
  source: Source | (new (...args: never) => Source),
  method: Extract<keyof Source, string | symbol>,
  options: RunOnceOptions = {},
): Promise<void> {
  const { signal, resolve, context } = options;
  const { name = "", worker, job, timeout: limit, retryJob: policy } = new WorkerRegistry({ resolve }).workerOf(source, method);
  const given = testContext({ name, ...context, ...(signal === undefined ? undefined : { signal }) });
  if (job === undefined) {
    if (typeof worker !== "function") throw new InvalidArgumentError(`${name} is not a method: run it by its own methods`);
    await worker(given);
    return;
  }
  const retried: Job | JobFunc = policy === undefined ? job : retryJob(job, policy);
  const run = limit === undefined ? retried : timeout(retried, limit);
  if (typeof run === "function") await run(given);
  else await run.runOnce(given);
}
