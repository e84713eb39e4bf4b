import { once } from "node:events";
import { type DeclarativeWorkerOptions, DoNotRestart, ExponentialBackoff, type Schedule, wait } from "watchbill";
import { type Random, times, type Weighted } from "./random.js";
import type { RunLog } from "./run-log.js";
import type { Behavior, RunOutcome } from "./worker-code.js";

export const backoff = new ExponentialBackoff({ initial: "20ms", max: "500ms", jitterProportion: 0.5 });

/** The timeout of a run, in ms. */
export const timeout = 150;

/** A random interval between two runs of a job, in ms. */
export function randomInterval(random: Random): number {
  return random.int(200, 1_500);
}

/** The error of a run that was meant to fail. */
export class PlannedError extends Error {
  constructor(readonly log: RunLog) {
    super(`${log.name} was meant to fail`);
  }
}

/** Not `wait` of the library, which is under test. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const succeed: RunOutcome = () => {};

/** Takes up to 20 ms and ignores its signal. */
export const work: RunOutcome = (_, { random }) => sleep(random.int(0, 20));

/** Takes longer than most intervals, and ignores its signal. */
const overrun: RunOutcome = (_, { random }) => sleep(random.int(200, 1_600));

/** Fails at once or after up to 20 ms, sometimes with a value that is not an Error. */
const fail: RunOutcome = (_, { log, random }) => {
  const error = new PlannedError(log);
  if (random.oneIn(2)) throw error;
  const thrown = random.oneIn(4) ? "not an Error" : error;
  return sleep(random.int(0, 20)).then(() => Promise.reject(thrown));
};

/** Waits until its signal aborts, because of its timeout or because it is stopped; then ends cleanly or fails. */
const waitForAbort: RunOutcome = async ({ signal }, { log, random }) => {
  const endsCleanly = !random.oneIn(8);
  if (!signal.aborted) await once(signal, "abort");
  if (!endsCleanly) throw new PlannedError(log);
  signal.throwIfAborted();
};

/** Hangs for a while and ignores its signal. */
export const hang: RunOutcome = (_, { random, environment }) => environment.faultMode.hang(random.int(300, 5_000));

/** Runs until it is stopped and records activity; sometimes it reports bad health, fails or returns. */
const serve: RunOutcome = async ({ signal, reportHealth }, { log, random, environment: { faultMode } }) => {
  for (;;) {
    await wait(random.int(50, 400), { signal });
    const isUnhealthy = random.oneIn(20);
    const fails = random.oneIn(40);
    const returns = random.oneIn(80);
    log.recordActivity();
    if (isUnhealthy) reportHealth(new PlannedError(log));
    else reportHealth();
    if (fails && !faultMode.isOff) throw new PlannedError(log);
    if (returns && !faultMode.isOff) return;
  }
};

/** Like {@link serve}, but never returns. */
export const serveForever: RunOutcome = async (context, code) => {
  for (;;) await serve(context, code);
};

/** Completes its worker after a while, by a return or by {@link DoNotRestart}. */
const complete: RunOutcome = async ({ signal }, { random }) => {
  const error = random.oneIn(4) ? new DoNotRestart("the work is completed") : undefined;
  await wait(random.int(100, 2_000), { signal });
  if (error !== undefined) throw error;
};

type Options = Omit<DeclarativeWorkerOptions, "name" | "job" | "worker">;

/** The behavior of a single worker, and how it is declared. Without `repeat` it is continuous. */
export interface Workload extends Behavior {
  readonly declare: (random: Random) => Options;
}

function repeated(options: Options = {}): Workload["declare"] {
  return (random) => {
    const jitter = random.oneIn(4) ? 50 : 0;
    const repeat = { interval: randomInterval(random), startImmediately: random.oneIn(2), jitter };
    return { repeat, retry: backoff, ...options };
  };
}

/** A schedule on the wall clock. */
function every(ms: number): Schedule {
  return { next: (after) => new Date((Math.floor(after.getTime() / ms) + 1) * ms) };
}

const retryJob = { backoff, maxAttempts: 3 };
const giveUp = { backoff, maxRestarts: 3 };
const hangs: Behavior = { outcomes: [times(12, work), times(1, hang)], first: fail };

/** The workloads of single workers. */
export const workloads = {
  quick: { outcomes: [times(1, succeed)], declare: repeated() },
  overrunning: { outcomes: [times(40, work), times(1, overrun)], declare: repeated() },
  failing: { outcomes: [times(3, work), times(1, fail)], first: fail, declare: repeated() },
  timingOut: { outcomes: [times(8, work), times(1, waitForAbort)], first: fail, timeout, declare: repeated({ timeout }) },
  hanging: { ...hangs, declare: repeated() },
  overdue: { ...hangs, timeout, declare: repeated({ timeout }) },
  retrying: { outcomes: [times(2, succeed), times(1, fail)], first: fail, declare: repeated({ retryJob }) },
  scheduled: {
    outcomes: [times(1, work), times(1, succeed)],
    declare: (random) => ({ repeat: every(randomInterval(random)), retry: backoff }),
  },
  continuous: { outcomes: [times(1, serve)], first: fail, declare: () => ({ retry: backoff }) },
  completing: {
    outcomes: [times(3, complete), times(1, fail)],
    first: fail,
    withoutFaults: serve,
    completes: true,
    declare: () => ({ retry: backoff, restart: "on-failure" }),
  },
  /** Gives up after a few failures, which fails the runner around it: only nested runners have it. */
  givingUp: { outcomes: [times(1, work), times(1, fail)], first: fail, declare: repeated({ retry: giveUp }) },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof workloads;

/** How many workers have each workload, in proportion. */
export const shares: readonly Weighted<WorkloadName>[] = [
  ...(["quick", "overrunning", "continuous"] as const).map((workload) => times(6, workload)),
  ...(["failing", "timingOut"] as const).map((workload) => times(4, workload)),
  ...(["retrying", "scheduled"] as const).map((workload) => times(3, workload)),
  ...(["hanging", "overdue", "completing"] as const).map((workload) => times(2, workload)),
];

/** The behaviors of the methods of a class with several workers. */
export const methods = {
  listen: { outcomes: [times(1, serve)], first: fail },
  poll: { outcomes: [times(12, work), times(1, waitForAbort), times(1, fail)], first: fail, timeout },
  sync: { outcomes: [times(40, work), times(4, fail), times(1, hang)], first: fail },
  send: { outcomes: [times(3, succeed), times(1, fail)], first: fail },
} as const satisfies Record<string, Behavior>;

/** `listen` of a group has no retry of its own, so a return would fail the group. */
export const groupMethods = { ...methods, listen: { outcomes: [times(1, serveForever)] } } as const;
