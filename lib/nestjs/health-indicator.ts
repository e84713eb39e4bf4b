import { type Duration, milliseconds, type Runner, type WorkerStatus } from "../index.js";

/** What a check of `@nestjs/terminus` returns. */
export type WatchbillHealth<Key extends string> = Record<
  Key,
  {
    readonly status: "up" | "down";
    /** Why it is down, without the errors of workers: they are in the log and in the status. */
    readonly message?: string;
    /** How many workers there are. */
    readonly workers: number;
    /** The names of the workers that fail. */
    readonly failing?: readonly string[];
  }
>;

export interface WatchbillHealthOptions {
  /** How long a worker may fail before the check is down. `0` by default: as soon as it fails. */
  readonly failingFor?: Duration | undefined;
}

/**
 * A health indicator for `@nestjs/terminus`: `health.check([() => jobs.isHealthy("jobs")])`. Every module may inject it. It needs
 * nothing of that package.
 */
export class WatchbillHealthIndicator {
  readonly #runner: Runner;
  readonly #isIdle: boolean;

  /** @param isIdle whether no worker is to run, as in a testing module */
  constructor(runner: Runner, isIdle = false) {
    this.#runner = runner;
    this.#isIdle = isIdle;
  }

  /**
   * Up if the runner runs and no worker fails, or if there is nothing to run: all workers are left out here, all have completed,
   * or the module is a testing module. A worker fails from its first failure to its next success, unless it is paused.
   * @param key of the result
   * @throws InvalidArgumentError if `failingFor` is malformed
   */
  isHealthy<Key extends string = "watchbill">(key?: Key, options?: WatchbillHealthOptions): WatchbillHealth<Key>;
  isHealthy(key = "watchbill", { failingFor = 0 }: WatchbillHealthOptions = {}): WatchbillHealth<string> {
    const rows = this.#runner.status();
    const workers = rows.length;
    const { state } = this.#runner;
    const isNeeded = !this.#isIdle && !rows.every(hasCompleted);
    if (isNeeded && state !== "running") {
      const message = state === "stopping" ? "the runner is being stopped" : "the runner does not run";
      return { [key]: { status: "down", message, workers } };
    }
    const limit = milliseconds(failingFor);
    const failing = rows.filter((row) => fails(row, limit)).map(({ name }) => name);
    if (failing.length === 0) return { [key]: { status: "up", workers } };
    const message = failing.length === 1 ? "1 worker fails" : `${failing.length} workers fail`;
    return { [key]: { status: "down", message, workers, failing } };
  }
}

/** @param limit how long it may fail, in ms */
function fails({ health, healthSince, phase }: WorkerStatus, limit: number): boolean {
  return health === "firing" && phase !== "paused" && Date.now() - (healthSince ?? 0) >= limit;
}

/** Whether a continuous worker has returned, and is not restarted. One that was stopped has not succeeded since its start. */
function hasCompleted({ schedule, phase, lastStart, lastSuccess }: WorkerStatus): boolean {
  return schedule === null && phase === "stopped" && lastSuccess !== null && lastSuccess >= (lastStart ?? 0);
}
