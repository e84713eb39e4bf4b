import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { isThenable, onSettled } from "../errors/on-settled.js";
import { isClass, isObjectLike } from "../errors/read-value.js";
import { describeKind } from "../errors/show-value.js";
import type { WorkerContext } from "./worker-context.js";

/**
 * Wraps every call of the code of a worker, each attempt included: for tracing, or the request context of an ORM. Calls `next`
 * once, and returns what that returns, or a promise that settles after it.
 */
export type Around = (context: WorkerContext, next: () => unknown) => unknown;

let ofProcess: readonly Around[] = [];

/**
 * Wraps every run of every worker in this process, those of runners that exist already included, from its next run on: for
 * instrumentation that does not see the options of the runners. What is added last is the innermost of these functions, and the
 * option `around` of a runner is within all of them. Costs nothing while there are none.
 * @returns a function that removes it again; a run that is under way is not affected
 * @throws InvalidArgumentError if it is not a function
 */
export function wrapRuns(around: Around): () => void {
  if (!isAround(around)) {
    throw new InvalidArgumentError(
      `wrapRuns was called with ${describeKind(around)}: pass a function, for example (context, next) => next()`,
    );
  }
  // Its own function: the same one may be added twice, and each is removed once.
  const added: Around = (context, next) => around(context, next);
  ofProcess = [...ofProcess, added];
  return () => {
    ofProcess = ofProcess.filter((each) => each !== added);
  };
}

/** The functions that wrap the runs of all workers in this process, the outermost first. */
export function aroundOfProcess(): readonly Around[] {
  return ofProcess;
}

export function isAround(value: unknown): value is Around {
  return typeof value === "function" && !isClass(value);
}

/**
 * Calls code through the functions that wrap it, the first one outermost. Returns what that one returns.
 *
 * The run fails with an {@link InvalidArgumentError} if a function does not call `next`, calls it twice, or does not wait for
 * what it returns: a run without its code must not count as a success. It ends when the code has settled, so that the next run
 * never overlaps with it.
 */
export function callAround<Called extends WorkerContext>(
  around: readonly Around[],
  context: Called,
  code: (context: Called) => unknown,
): unknown {
  const wrapped = new WrappedCode(context.name, () => code(context));
  const call = around.reduceRight<() => unknown>((next, wrap) => () => wrap(context, next), wrapped.call);
  let result: unknown;
  try {
    result = call();
  } catch (thrown) {
    if (wrapped.isPending) return waitForBoth(Promise.reject(thrown), wrapped, context);
    wrapped.close();
    throw thrown;
  }
  if (wrapped.isPending || isThenable(result)) return waitForBoth(result, wrapped, context);
  wrapped.close();
  wrapped.checkCalls();
  return result;
}

async function waitForBoth(result: unknown, wrapped: WrappedCode, { logger }: WorkerContext): Promise<unknown> {
  const [outer] = await Promise.allSettled([result]);
  const { isPending } = wrapped;
  wrapped.close();
  const error = await wrapped.settled;
  if (outer.status === "rejected") {
    // Otherwise it would be lost: the function around the code has not seen it.
    if (isPending && error !== undefined) logger.error({ err: error }, "failed after a function around it had failed");
    throw outer.reason;
  }
  if (isPending) throw wrapped.fault("did not wait for next()", error);
  wrapped.checkCalls();
  return outer.value;
}

/** The code of one run, and what the functions around it have made of it. */
class WrappedCode {
  /** Whether it was called, and has not settled. */
  isPending = false;
  /** Resolves when it has settled, with its error if it failed. */
  settled: Promise<unknown> = Promise.resolve();
  readonly #worker: string;
  readonly #code: () => unknown;
  #calls = 0;
  #isClosed = false;

  constructor(worker: string, code: () => unknown) {
    this.#worker = worker;
    this.#code = code;
  }

  readonly call = (): unknown => {
    if (this.#isClosed) throw this.fault("called next() after it had returned");
    this.#calls++;
    this.checkCalls();
    const result = this.#code();
    if (isObjectLike(result) && isThenable(result)) {
      this.isPending = true;
      this.settled = new Promise((resolve) => {
        const settle = (error?: unknown): void => {
          this.isPending = false;
          resolve(error);
        };
        onSettled(result, () => settle(), settle);
      });
    }
    return result;
  };

  /** The functions around it have returned or failed: from now on it is not called. */
  close(): void {
    this.#isClosed = true;
  }

  /** @throws InvalidArgumentError unless it was called once */
  checkCalls(): void {
    if (this.#calls === 0) throw this.fault("did not call next()");
    if (this.#calls > 1) throw this.fault("called next() more than once");
  }

  fault(what: string, cause?: unknown): InvalidArgumentError {
    const options = cause === undefined ? undefined : { cause };
    return new InvalidArgumentError(
      `A function of the option around ${what} in a run of ${this.#worker}: call it once, and return what it returns`,
      options,
    );
  }
}
