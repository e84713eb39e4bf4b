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

/** The state of a promise: "pending", "resolved", or its error. */
export function watch(promise: Promise<unknown>) {
  const watched: { outcome: unknown } = { outcome: "pending" };
  promise.then(
    () => (watched.outcome = "resolved"),
    (error: unknown) => (watched.outcome = error),
  );
  return watched;
}

/** A started runner of these sources, and the state of its run. */
export function start(sources: readonly object[], options: BootstrapOptions = {}) {
  const runner = bootstrap(sources, { logger: silent, signals: [], ...options });
  return { runner, run: watch(runner.run()) };
}

/** A running worker, beside an unrelated one. */
export function startOne(options: DeclarativeWorkerOptions, logger: Logger = silent) {
  const one = new DeclarativeWorker({ name: "one", ...options });
  const other = new DeclarativeWorker({ name: "other", worker: untilStopped });
  return start([one, other], { logger });
}

export function expectError(outcome: unknown, type: new (...args: never[]) => Error, message: string) {
  expect(outcome).to.be.instanceOf(type).with.property("message", message);
}

/** The error that `code` throws; undefined if it does not. */
export function thrownBy(code: () => unknown): unknown {
  try {
    code();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

export const phases = (runner: Runner) => Object.fromEntries(runner.status().map(({ name, phase }) => [name, phase]));

/** A logger that records its entries: message, worker, and error if there is one. */
export function recorder() {
  const lines: unknown[] = [];
  const push = ({ worker, err }: { worker?: unknown; err?: unknown }, message?: string): void => {
    lines.push(err === undefined ? [message, worker] : [message, worker, err]);
  };
  return { lines, logger: { debug: push, info: push, warn: push, error: push } };
}

/** A worker that ignores its signal and ends only on request. */
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

  /** Makes the latest run return, or fail with an error. */
  end(error?: Error): void {
    if (error === undefined) this.#resolve();
    else this.#reject(error);
  }
}
