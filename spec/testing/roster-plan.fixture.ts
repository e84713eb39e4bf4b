import fc from "fast-check";
import {
  type Backoff,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  ExponentialBackoff,
  type Schedule,
  StaticBackoff,
  stopped,
  type WorkerContext,
  wait,
} from "watchbill";
import { SimulatedFailure, type SimulationOptions } from "watchbill/testing";
import { PlanOptions, RunPlan } from "../../lib/testing/run-plan.js";

// A random roster that can be built for a virtual clock, and on a smaller scale for the real one. Durations are in simulated ms.

const second = 1_000;

/** How long the history of a roster is, in simulated ms. Runs are shorter than the minute after which the library looks at them. */
export const length = 158 * second;

/** The local date at which the simulation starts. */
export const startDate = "2026-01-01";

interface PlannedRun {
  readonly takes: number;
  readonly fails: boolean;
}

export interface PlannedBackoff {
  readonly initial: number;
  /** Undefined for a static backoff. */
  readonly max: number | undefined;
}

export interface PlannedWorker {
  readonly kind: "interval" | "schedule" | "continuous";
  readonly interval: number;
  /** A number is the initial delay. */
  readonly first: "at start" | "as due" | number;
  readonly runs: readonly PlannedRun[];
  /** Undefined for one whose failure ends the service. */
  readonly retry: PlannedBackoff | undefined;
  readonly retryJob: (PlannedBackoff & { readonly maxAttempts: number }) | undefined;
  readonly timeout: number | undefined;
}

const commands = ["trigger", "pause", "resume", "restart"] as const;

export interface PlannedCommand {
  readonly at: number;
  readonly command: (typeof commands)[number];
  readonly worker: string;
}

/** Whose code runs in the simulation: its own model, functions in place of the jobs, or the code of the workers. */
export type Mode = "model" | "fakes" | "real";

export interface RosterPlan {
  readonly mode: Mode;
  readonly seed: number;
  readonly workers: Readonly<Record<string, PlannedWorker>>;
  /** In the model, what the runs need is away meanwhile. */
  readonly outage: { readonly from: number; readonly to: number };
  readonly commands: readonly PlannedCommand[];
}

/** By how much all steps of a kind are late, in simulated ms. */
export interface Lateness {
  readonly runs: number;
  /** Of the worker that may end the service, which is the first. */
  readonly firstRuns: number;
  readonly timeouts: number;
  readonly commands: number;
}

export const punctual: Lateness = { runs: 0, firstRuns: 0, timeouts: 0, commands: 0 };

export const firstName = "w0";

function runLateness(name: string, { runs, firstRuns }: Lateness): number {
  return name === firstName ? firstRuns : runs;
}

/**
 * One of some durations, in s. They are chosen so that what happens is seldom at the same time as something else, and mostly 4 s
 * from it: which of the two is first depends on a ms in real time.
 */
const oneOf = (...durations: readonly number[]): fc.Arbitrary<number> =>
  fc.constantFrom(...durations.map((duration) => duration * second));

const backoff = fc.record({ initial: oneOf(8, 16), max: fc.option(oneOf(16, 24), { nil: undefined }) });

const runsOf = (...durations: readonly number[]): fc.Arbitrary<PlannedRun[]> =>
  fc.array(fc.record({ takes: oneOf(...durations), fails: fc.constantFrom(false, false, false, false, true) }), {
    minLength: 2,
    maxLength: 6,
  });

const sometimes = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const plannedWorker: fc.Arbitrary<PlannedWorker> = fc
  .record({
    kind: fc.constantFrom("interval" as const, "interval" as const, "schedule" as const, "continuous" as const),
    interval: oneOf(16, 16, 16, 32, 48),
    first: fc.oneof(fc.constant("at start" as const), fc.constant("as due" as const), oneOf(4, 8, 12)),
    // The last two miss runs, at the shortest interval.
    runs: fc.oneof(runsOf(0, 4, 12), runsOf(4, 20, 28), runsOf(36), runsOf(44)),
    // All attempts of a run together have to be shorter than a minute.
    shortRuns: runsOf(0, 4),
    retry: backoff,
    retryJob: sometimes(
      backoff.chain((delays) => fc.integer({ min: 1, max: 3 }).map((maxAttempts) => ({ ...delays, maxAttempts }))),
    ),
    timeout: sometimes(oneOf(8, 16, 24, 40)),
  })
  .map(({ shortRuns, ...worker }) => {
    // A continuous worker that returns is started again at once.
    if (worker.kind === "continuous")
      return { ...worker, runs: worker.runs.map((run) => ({ ...run, takes: Math.max(run.takes, 4 * second) })) };
    return worker.retryJob === undefined ? worker : { ...worker, runs: shortRuns };
  });

export const anyRoster: fc.Arbitrary<RosterPlan> = fc
  .record({
    mode: fc.constantFrom<Mode>("model", "fakes", "real"),
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    workers: fc.array(plannedWorker, { minLength: 10, maxLength: 16 }),
    endsItself: fc.integer({ min: 0, max: 3 }).map((chance) => chance === 0),
    outage: fc.record({ from: oneOf(18, 34, 58, 90), lasts: oneOf(12, 28, 44) }),
    commands: fc.array(
      fc.record({
        at: fc.integer({ min: 2, max: 38 }).map((step) => (4 * step + 2) * second),
        command: fc.constantFrom(...commands),
        worker: fc.integer({ min: 0, max: 15 }),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ mode, seed, workers, endsItself, outage, commands: sent }) => {
    const [first, ...others] = workers;
    // A continuous worker without a retry is healthy after a minute, which has no scale.
    const ending = first === undefined || !endsItself ? first : { ...first, kind: "interval" as const, retry: undefined };
    const all = ending === undefined ? others : [ending, ...others];
    return {
      mode,
      seed,
      workers: Object.fromEntries(all.map((worker, index) => [`w${index}`, worker])),
      outage: { from: outage.from, to: outage.from + outage.lasts },
      commands: sent
        .map((each) => ({ ...each, worker: `w${each.worker % all.length}` }))
        .sort((a, b) => a.at - b.at)
        // Two at the same time may come in any order.
        .filter(({ at }, index, list) => at !== list[index - 1]?.at),
    };
  });

/** The same roster with some of its workers. */
export function withWorkers(plan: RosterPlan, isKept: (name: string) => boolean): RosterPlan {
  return {
    ...plan,
    workers: Object.fromEntries(Object.entries(plan.workers).filter(([name]) => isKept(name))),
    commands: plan.commands.filter(({ worker }) => isKept(worker)),
  };
}

/** On which clock a roster is built. */
export interface Place {
  /** How long a simulated ms is, in ms. */
  readonly scale: number;
  /** When it starts, on the wall clock: read when the code runs, and not before. */
  readonly start: number;
  readonly late: Lateness;
}

/** The workers of a plan, with their code. */
export function workersOf(plan: RosterPlan, place: Place): DeclarativeWorker[] {
  return Object.entries(plan.workers).map(([name, worker]) => declare(name, worker, plan, place));
}

function declare(name: string, planned: PlannedWorker, plan: RosterPlan, place: Place): DeclarativeWorker {
  const { kind, interval, first, retry, retryJob, timeout } = planned;
  const { scale, late } = place;
  // Only jobs can be replaced by functions.
  const isModelled = plan.mode === "model" || (plan.mode === "fakes" && kind === "continuous");
  const code = isModelled ? modelCode(name, planned, plan, place) : plannedCode(name, planned, place);
  const retried = retry === undefined ? {} : { retry: { backoff: backoffOf(retry, scale), resetAfter: 30 * second * scale } };
  // How long a run goes on after a command to pause, until it counts as hung.
  const common: DeclarativeWorkerOptions = { name, shutdownTimeout: 24 * second * scale, ...retried };
  if (kind === "continuous") return new DeclarativeWorker({ ...common, worker: code });
  const begin = typeof first === "number" ? { initialDelay: first * scale } : { startImmediately: first === "at start" };
  return new DeclarativeWorker({
    ...common,
    job: code,
    repeat:
      kind === "interval"
        ? { interval: interval * scale, ...begin }
        : { schedule: everyMultiple(interval * scale, place), ...begin },
    ...(timeout === undefined ? {} : { timeout: (timeout + late.timeouts) * scale }),
    ...(retryJob === undefined ? {} : { retryJob: { backoff: backoffOf(retryJob, scale), maxAttempts: retryJob.maxAttempts } }),
  });
}

function backoffOf({ initial, max }: PlannedBackoff, scale: number): Backoff {
  if (max === undefined) return new StaticBackoff({ sleep: initial * scale });
  // The generators of the two sides draw in different orders: here, each delay is shortened by a quarter.
  return new ExponentialBackoff({ initial: initial * scale, max: max * scale, jitterProportion: 0.5, random: () => 0.5 });
}

/** A schedule on the wall clock. */
function everyMultiple(interval: number, place: Place): Schedule {
  return {
    next: (after) => new Date(place.start + (Math.floor((after.getTime() - place.start) / interval) + 1) * interval),
  };
}

type Code = (context: WorkerContext) => Promise<void>;

/** Takes as long, and fails, as is planned, run after run. */
export function plannedCode(name: string, { runs }: PlannedWorker, { scale, late }: Place): Code {
  let next = 0;
  return async ({ signal }) => {
    const { takes, fails } = runs[next++ % runs.length] ?? { takes: 0, fails: false };
    await wait((takes + runLateness(name, late)) * scale, { signal });
    if (fails) throw new Error("failed by plan");
  };
}

/** Options for the model of the simulation. */
export function modelOptions({ seed, workers, outage }: RosterPlan, late: Lateness): SimulationOptions {
  const clockTime = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
  const names = Object.keys(workers);
  const takes = Object.entries(workers).map(([name, { runs }]) => [name, runs.map((run) => run.takes + runLateness(name, late))]);
  const outages = Object.fromEntries(
    names.slice(1, 5).map((name) => [name, `${clockTime(outage.from)}-${clockTime(outage.to)}`]),
  );
  // The first worker never fails: that would end the service in most histories.
  const fails = Object.fromEntries(names.slice(1).map((name) => [name, 0.2]));
  return { for: length, seed, takes: Object.fromEntries(takes), outages, fails };
}

/** What the model of the simulation does, on any clock. */
function modelCode(name: string, { kind }: PlannedWorker, plan: RosterPlan, place: Place): Code {
  const { scale, late } = place;
  const { outages = {}, ...options } = modelOptions(plan, late);
  const runs = new RunPlan(name, new PlanOptions(options, Object.keys(plan.workers), 0, length));
  const [outage] = name in outages ? [plan.outage] : [];
  const now = (): number => (Date.now() - place.start) / scale;
  return async ({ signal }) => {
    const { takes, failure } = runs.next(now());
    const isOut = outage !== undefined && now() < outage.to && now() + takes >= outage.from;
    if (kind !== "continuous" || isOut || failure !== undefined) {
      await wait(takes * scale, { signal });
      if (isOut || failure !== undefined) throw new SimulatedFailure(name, isOut ? "outage" : (failure ?? ""));
    } else if (outage === undefined || now() >= outage.from) {
      await stopped(signal);
    } else {
      await wait((outage.from - now()) * scale, { signal });
      throw new SimulatedFailure(name, "outage");
    }
  };
}
