import { getEventListeners, once } from "node:events";
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

export const backoff = new ExponentialBackoff({ initial: "20ms", max: "500ms", jitterProportion: 0.5 });

/** The timeout of a run, in ms. */
export const timeout = 150;

/** What the runs of a worker do. */
export interface Behavior {
  readonly outcomes: readonly Weighted<RunOutcome>[];
  /** The outcome of the first run, so that what the library keeps of a failure is kept early, and the heap levels off soon. */
  readonly first?: RunOutcome;
  /** The outcome while faults are off; otherwise the first of `outcomes`. */
  readonly withoutFaults?: RunOutcome;
  /** The timeout of a run, in ms. */
  readonly timeout?: number;
  /** A return completes the worker. */
  readonly completes?: boolean;
}

/** What the runs of a single worker do, how it is declared, and its share of the single workers. */
export interface Workload extends Behavior {
  readonly share: number;
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

/** Takes longer than most intervals, and ignores its signal. */
const overrun: RunOutcome = (_, { random }) => sleep(random.int(200, 1_600));

/** Hangs for a while and ignores its signal. */
const hang: RunOutcome = (_, { random, environment }) => environment.faults.hang(random.int(300, 5_000));

/** Fails at once or after up to 20 ms, sometimes with a value that is not an Error. */
const fail: RunOutcome = (_, { log, random }) => {
  const error = new PlannedError(log);
  if (random.oneIn(2)) throw error;
  const thrown = random.oneIn(4) ? "not an Error" : error;
  return sleep(random.int(0, 20)).then(() => Promise.reject(thrown));
};

/** Waits until its signal aborts, because of its timeout or because it is stopped; then ends cleanly or fails. */
const waitForAbort: RunOutcome = async ({ signal }, { log, random }) => {
  const fails = random.oneIn(8);
  if (!signal.aborted) await once(signal, "abort");
  if (fails) throw new PlannedError(log);
  signal.throwIfAborted();
};

/** Runs until it is stopped and records activity; sometimes it reports bad health, fails or returns. */
const serve: RunOutcome = async ({ signal, reportHealth }, { log, random, environment }) => {
  for (;;) {
    await wait(random.int(50, 400), { signal });
    const [isUnhealthy, fails, returns] = [random.oneIn(20), random.oneIn(40), random.oneIn(80)];
    log.recordActivity();
    if (isUnhealthy) reportHealth(new PlannedError(log));
    else reportHealth();
    if (environment.faults.areOff) continue;
    if (fails) throw new PlannedError(log);
    if (returns) return;
  }
};

const serveForever: RunOutcome = async (context, code) => {
  for (;;) await serve(context, code);
};

/** Completes its worker after a while, by a return or by {@link DoNotRestart}. */
const complete: RunOutcome = async ({ signal }, { random }) => {
  const error = random.oneIn(4) ? new DoNotRestart("the work is completed") : undefined;
  await wait(random.int(100, 2_000), { signal });
  if (error !== undefined) throw error;
};

/** Not `wait` of the library, which is under test. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const everyFewMs: Workload["repeat"] = (random) => {
  const jitter = random.oneIn(4) ? 50 : 0;
  return { interval: randomInterval(random), startImmediately: random.oneIn(2), jitter };
};

const onWallClock: Workload["repeat"] = (random) => {
  const interval = randomInterval(random);
  return { next: (after) => new Date((Math.floor(after.getTime() / interval) + 1) * interval) };
};

/** A random interval between two runs of a job, in ms. */
export function randomInterval(random: Random): number {
  return random.int(200, 1_500);
}

const repeated = { repeat: everyFewMs };
const retryJob = { backoff, maxAttempts: 3 };
const hangsAtTimes = { outcomes: [times(12, work), times(1, hang)], first: fail };

export const workloads = {
  quick: { ...repeated, share: 6, outcomes: [times(1, succeed)] },
  overrunning: { ...repeated, share: 6, outcomes: [times(40, work), times(1, overrun)] },
  continuous: { share: 6, outcomes: [times(1, serve)], first: fail },
  failing: { ...repeated, share: 4, outcomes: [times(3, work), times(1, fail)], first: fail },
  timingOut: { ...repeated, share: 4, outcomes: [times(8, work), times(1, waitForAbort)], first: fail, timeout },
  retrying: { ...repeated, share: 3, outcomes: [times(2, succeed), times(1, fail)], first: fail, options: { retryJob } },
  scheduled: { repeat: onWallClock, share: 3, outcomes: [times(1, work), times(1, succeed)] },
  hanging: { ...repeated, share: 2, ...hangsAtTimes },
  overdue: { ...repeated, share: 2, ...hangsAtTimes, timeout },
  completing: {
    share: 2,
    outcomes: [times(3, complete), times(1, fail)],
    first: fail,
    withoutFaults: serve,
    completes: true,
    options: { restart: "on-failure" },
  },
  /** Gives up after a few failures, which fails the runner around it. Only nested runners have it, so its share is 0. */
  givingUp: {
    ...repeated,
    share: 0,
    outcomes: [times(1, work), times(1, fail)],
    first: fail,
    options: { retry: { backoff, maxRestarts: 3 } },
  },
} as const satisfies Record<string, Workload>;

/** The behaviors of the methods of a class with several workers. */
export const methods = {
  listen: { outcomes: [times(1, serve)], first: fail },
  poll: { outcomes: [times(12, work), times(1, waitForAbort), times(1, fail)], first: fail, timeout },
  sync: { outcomes: [times(40, work), times(4, fail), times(1, hang)], first: fail },
  send: { outcomes: [times(3, succeed), times(1, fail)], first: fail },
} as const satisfies Record<string, Behavior>;

/** The behavior of a group's member without a retry of its own, so that a return would fail the group. */
export const forever: Behavior = { outcomes: [times(1, serveForever)] };

/** The code of one worker: each run has a random outcome, is recorded in the log, and must leave no listener on its signal. */
export class WorkerCode {
  readonly log: RunLog;
  readonly random: Random;

  constructor(
    name: string,
    private readonly behavior: Behavior,
    random: Random,
    readonly environment: Environment,
  ) {
    this.log = new RunLog(name, environment.runLogs);
    this.random = random.fork();
  }

  readonly run = (context: WorkerContext): Promise<void> | void => {
    const startedAt = performance.now();
    const end = (...thrown: unknown[]): void => {
      this.log.end(this.#resultOf(context, performance.now() - startedAt, thrown));
      if (this.log.totalRuns % 16 === 1) this.#checkForLeaks(context);
    };
    const fail = (error: unknown): never => {
      end(error);
      throw error;
    };
    this.log.begin(context.name);
    let running: Promise<void> | void;
    try {
      running = this.#pickOutcome()(context, this);
    } catch (error) {
      return fail(error);
    }
    return running === undefined ? end() : running.then(() => end(), fail);
  };

  #pickOutcome(): RunOutcome {
    const { outcomes, first, withoutFaults = outcomes[0]?.[0] } = this.behavior;
    // Picked in any case, so that the n-th run of a worker is the same with and without faults.
    const outcome = this.random.pick(outcomes);
    if (this.environment.faults.areOff) return withoutFaults ?? outcome;
    return this.log.totalRuns === 1 && first !== undefined ? first : outcome;
  }

  /** The result by the library's documentation. A signal is created when first read, so few are read. */
  #resultOf(context: WorkerContext, took: number, thrown: readonly unknown[]): RunResult {
    const { timeout, completes } = this.behavior;
    const [error] = thrown;
    if (error instanceof DoNotRestart) return "completed";
    if (timeout !== undefined && context.signal.reason instanceof TimeoutError) return "failed";
    if (thrown.length > 0) return context.signal.aborted && error === context.signal.reason ? "ended" : "failed";
    if (completes === true) return context.signal.aborted ? "ended" : "completed";
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
