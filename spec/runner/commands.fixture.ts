import { expect } from "chai";
import {
  type BootstrapOptions,
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  type Logger,
  type Runner,
  stopped,
  type WorkerContext,
} from "watchbill";

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const untilStopped = ({ signal }: WorkerContext) => stopped(signal);

/** How a promise has ended by now: "pending", "resolved", or its error. */
export function watch(promise: Promise<unknown>) {
  const watched: { outcome: unknown } = { outcome: "pending" };
  promise.then(
    () => (watched.outcome = "resolved"),
    (error: unknown) => (watched.outcome = error),
  );
  return watched;
}

/** A runner of these at work, and how its run has ended by now. */
export function start(sources: readonly object[], options: BootstrapOptions = {}) {
  const runner = bootstrap(sources, { logger: silent, signals: [], ...options });
  return { runner, run: watch(runner.run()) };
}

/** One worker at work, beside another that has nothing to do with it. */
export function startOne(options: DeclarativeWorkerOptions, logger: Logger = silent) {
  const one = new DeclarativeWorker({ name: "one", ...options });
  const other = new DeclarativeWorker({ name: "other", worker: untilStopped });
  return start([one, other], { logger });
}

export function expectError(outcome: unknown, type: new (...args: never[]) => Error, message: string) {
  expect(outcome).to.be.instanceOf(type).with.property("message", message);
}

/** What `code` throws; undefined if it does not. */
export function thrownBy(code: () => unknown): unknown {
  try {
    code();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

export const phases = (runner: Runner) => Object.fromEntries(runner.status().map(({ name, phase }) => [name, phase]));

/** A logger, and the lines that it has got: message, worker, and error if there is one. */
export function recorder() {
  const lines: unknown[] = [];
  const push = ({ worker, err }: { worker?: unknown; err?: unknown }, message?: string): void => {
    lines.push(err === undefined ? [message, worker] : [message, worker, err]);
  };
  return { lines, logger: { debug: push, info: push, warn: push, error: push } };
}

/** A worker that ends only when it is let, whatever its signal says. */
export class Stubborn {
  starts = 0;
  #resolve = (): void => {};
  #reject = (_error: Error): void => {};

  readonly run = (): Promise<void> => {
    this.starts++;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  };

  /** The one that was started last returns, or fails. */
  end(error?: Error): void {
    if (error === undefined) this.#resolve();
    else this.#reject(error);
  }
}
