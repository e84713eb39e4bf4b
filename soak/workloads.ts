import { getEventListeners, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type DeclarativeWorkerOptions,
  DoNotRestart,
  ExponentialBackoff,
  TimeoutError,
  type WorkerContext,
  wait,
} from "watchbill";
import type { Environment } from "./environment.js";
import { type Random, times, type Weighted } from "./random.js";
import { RunLog, type RunResult } from "./run-log.js";
import type { WorkerTraits } from "./runner-under-test.js";

export const backoff = new ExponentialBackoff({ initial: "20ms", max: "500ms", jitterProportion: 0.5 });

/** How a worker is declared, and what its runs do. */
export interface Workload extends WorkerTraits {
  /** How often there is one among the single workers. */
  readonly share: number;
  /** While faults are off, each run has the first outcome. */
  readonly outcomes: readonly [Weighted<RunOutcome>, ...Weighted<RunOutcome>[]];
  /** When it is repeated; otherwise it is continuous. */
  readonly repeat?: (random: Random) => Options["repeat"];
  readonly options?: Options;
}

type Options = Omit<DeclarativeWorkerOptions, "name" | "job" | "worker">;

/** One way in which a run goes. */
type RunOutcome = (context: WorkerContext, code: WorkerCode) => Promise<void> | void;

const succeed: RunOutcome = () => {};

/** Takes up to 20 ms and ignores its signal. */
const work: RunOutcome = (_, { random }) => sleep(random.int(0, 20));

/** Hangs for a while and ignores its signal. */
const hang: RunOutcome = (_, { random, environment }) => environment.faults.hang(random.int(300, 5_000));

/** Fails at once or after up to 20 ms, sometimes with a value that is not an Error. */
const fail: RunOutcome = (_, code) => {
  const { random } = code;
  const error = new PlannedError(code);
  if (random.oneIn(2)) throw error;
  const thrown = random.oneIn(4) ? "not an Error" : error;
  return sleep(random.int(0, 20)).then(() => Promise.reject(thrown));
};

/** Waits until its signal aborts, because of its timeout or because it is stopped; then ends cleanly or fails. */
const waitForAbort: RunOutcome = async ({ signal }, code) => {
  const fails = code.random.oneIn(8);
  if (!signal.aborted) await once(signal, "abort");
  if (fails) throw new PlannedError(code);
  signal.throwIfAborted();
};

/** Runs until it is stopped and records activity; sometimes it reports bad health, fails or returns. */
const serve: RunOutcome = async ({ signal, reportHealth }, code) => {
  const { random, environment } = code;
  for (;;) {
    await wait(random.int(50, 400), { signal });
    const [isUnhealthy, fails, returns] = [random.oneIn(20), random.oneIn(40), random.oneIn(80)];
    code.recordActivity();
    if (isUnhealthy) reportHealth(new PlannedError(code));
    else reportHealth();
    if (environment.faults.areOff) continue;
    if (fails) throw new PlannedError(code);
    if (returns) return;
  }
};

/** Completes its worker after a while, by a return or by {@link DoNotRestart}. */
const complete: RunOutcome = async ({ signal }, { random }) => {
  const error = random.oneIn(4) ? new DoNotRestart("the work is completed") : undefined;
  await wait(random.int(100, 2_000), { signal });
  if (error !== undefined) throw error;
};

const repeat: Workload["repeat"] = (random) => ({
  interval: randomInterval(random),
  startImmediately: random.oneIn(2),
  jitter: random.oneIn(4) ? 50 : 0,
});

const onWallClock: Workload["repeat"] = (random) => {
  const interval = randomInterval(random);
  return { next: (after) => new Date((Math.floor(after.getTime() / interval) + 1) * interval) };
};

/** A random interval between two runs of a job, in ms. */
export function randomInterval(random: Random): number {
  return random.int(200, 1_500);
}

const usually = times(40, work);
export const retryJob = { backoff, maxAttempts: 3 };

export const workloads = {
  quick: { repeat, share: 12, outcomes: [times(1, succeed)] },
  continuous: { share: 6, outcomes: [times(1, serve)], isContinuous: true },
  failing: { repeat, share: 4, outcomes: [usually, times(13, fail)] },
  timingOut: { repeat, share: 4, outcomes: [usually, times(5, waitForAbort)], timeout: 150 },
  retrying: { repeat, share: 3, outcomes: [usually, times(20, fail), times(1, hang)], counts: "at most", options: { retryJob } },
  scheduled: { repeat: onWallClock, share: 3, outcomes: [usually, times(40, succeed)] },
  hanging: { repeat, share: 2, outcomes: [usually, times(3, hang)] },
  overdue: { repeat, share: 2, outcomes: [usually, times(3, hang)], timeout: 150 },
  completing: {
    share: 2,
    outcomes: [times(3, complete), times(1, fail)],
    isContinuous: true,
    options: { restart: "on-failure" },
  },
} as const satisfies Record<string, Workload>;

/** The code of one worker and its log: each run has a random outcome, and must leave no listener on its signal. */
export class WorkerCode extends RunLog {
  readonly random: Random;

  constructor(
    name: string,
    readonly workload: Workload,
    readonly environment: Environment,
  ) {
    super(name, environment.runLogs);
    this.random = environment.random.fork();
  }

  readonly run = (context: WorkerContext): Promise<void> | void => {
    const startedAt = performance.now();
    const end = (...thrown: unknown[]): void => {
      this.end(this.#resultOf(context, performance.now() - startedAt, thrown));
      if (this.totalRuns % 16 === 1) this.#checkForLeaks(context);
    };
    const fail = (error: unknown): never => {
      end(error);
      throw error;
    };
    this.begin(context.name);
    let running: Promise<void> | void;
    try {
      running = this.#pickOutcome()(context, this);
    } catch (error) {
      return fail(error);
    }
    return running === undefined ? end() : running.then(() => end(), fail);
  };

  #pickOutcome(): RunOutcome {
    const { outcomes } = this.workload;
    // Picked in any case, so that the n-th run of a worker is the same with and without faults.
    const outcome = this.random.pick(outcomes);
    if (this.environment.faults.areOff) return outcomes[0][0];
    // What the library keeps of a failure is kept from the first run, and the heap levels off soon.
    return this.totalRuns === 1 ? fail : outcome;
  }

  /** The result by the library's documentation. A signal is created when first read, so few are read. */
  #resultOf(context: WorkerContext, took: number, thrown: readonly unknown[]): RunResult {
    const { timeout, options } = this.workload;
    const [error] = thrown;
    if (error instanceof DoNotRestart) return "completed";
    if (timeout !== undefined && context.signal.reason instanceof TimeoutError) return "failed";
    if (thrown.length > 0) return context.signal.aborted && error === context.signal.reason ? "ended" : "failed";
    if (options?.restart === "on-failure") return context.signal.aborted ? "ended" : "completed";
    // The library starts its clock earlier and stops it later than the code, by an unknown time on a slow machine.
    return timeout !== undefined && took >= timeout / 2 ? "uncertain" : "ended";
  }

  /** After a run nothing waits for its signal any more, and its context can be collected. */
  #checkForLeaks(context: WorkerContext): void {
    const { violations, leakCheck } = this.environment;
    const { length } = getEventListeners(context.signal, "abort");
    if (length > 0) violations.add("listeners", `${context.name}: ${length} on the signal of a run that has ended`);
    leakCheck.watch("contexts of runs", context);
  }
}

/** The error of a run that was meant to fail. */
export class PlannedError extends Error {
  constructor(readonly log: RunLog) {
    super(`${log.name} was meant to fail`);
  }
}
