import { expect } from "chai";
import fc from "fast-check";
import { type DeclarativeWorkerOptions, type RetryOptions, StaticBackoff, type WorkerContext, wait } from "watchbill";
import type { Replica } from "../../lib/testing/memory-engine.js";
import { type Process, Simulation } from "./simulation.fixture.js";

const numRuns = Number(process.env.WATCHBILL_HISTORIES ?? 150);

/** How one run ends, and after how many ms. */
interface Ending {
  readonly takes: number;
  readonly fails: boolean;
  /** Whether it returns when its signal aborts. */
  readonly stopsOnAbort: boolean;
}

interface Plan {
  readonly declared: Omit<DeclarativeWorkerOptions, "job" | "worker">;
  readonly isContinuous: boolean;
  readonly endings: readonly Ending[];
  /** The replica that gets each lease, among those that can run the worker. */
  readonly choices: readonly number[];
  readonly replicas: number;
  readonly skew: number;
  readonly length: number;
}

// Without a delay, a run that fails at once would fail forever without the clock moving.
const backoff = fc.constantFrom(1, 2, 300, 1_000, 7_000).map((sleep) => new StaticBackoff({ sleep }));
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const retry: fc.Arbitrary<RetryOptions> = fc.record({
  backoff,
  maxRestarts: optional(fc.constantFrom(5, 20)),
  resetAfter: optional(fc.constantFrom(100, "2s" as const)),
});
const windowed = retry.map((options) => (options.maxRestarts === undefined ? options : { ...options, within: "20s" as const }));
const grid = fc
  .tuple(fc.constantFrom(1_000, 1_700, 3_000, 10_000), fc.constantFrom({}, { startImmediately: true }, { initialDelay: 250 }))
  .map(([interval, options]) => ({ interval, ...options }));
const schedule = fc.constantFrom(1_000, 2_500, 12_000).map((step) => ({
  schedule: { next: (after: Date) => new Date(Math.floor(after.getTime() / step) * step + step) },
}));

const repeated = fc.record({
  repeat: fc.oneof({ weight: 3, arbitrary: grid }, { weight: 1, arbitrary: schedule }),
  retry: fc.oneof(retry, windowed),
  timeout: optional(fc.constantFrom(400, 2_000, 30_000)),
  retryJob: optional(fc.record({ backoff, maxAttempts: optional(fc.constantFrom(1, 2, 5)) })),
});

const plans: fc.Arbitrary<Plan> = fc.boolean().chain((isContinuous) =>
  fc.record({
    declared: isContinuous ? fc.record({ retry: fc.oneof(retry, windowed) }) : repeated,
    isContinuous: fc.constant(isContinuous),
    endings: fc.array(
      fc.record({
        takes: fc.oneof(fc.constantFrom(0, 1, 399, 400, 401), fc.integer({ min: 0, max: 5_000 })),
        fails: fc.boolean(),
        stopsOnAbort: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    choices: fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }),
    replicas: fc.integer({ min: 1, max: 4 }),
    skew: fc.constantFrom(0, 0, 12_345, -777_777),
    length: fc.integer({ min: 1_000, max: 45_000 }),
  }),
);

function codeOf(endings: readonly Ending[], least: number) {
  let runs = 0;
  return async ({ signal }: WorkerContext) => {
    const { takes, fails, stopsOnAbort } = endings[runs++ % endings.length] ?? { takes: 0, fails: false, stopsOnAbort: true };
    const ms = Math.max(takes, least);
    if (ms > 0) await wait(ms, stopsOnAbort ? { signal } : {});
    if (fails) throw new Error(`failure ${runs}`);
  };
}

function shown(simulation: Simulation, process: Process) {
  const { holder: _, lastErrorStack, ...row } = simulation.row(process) ?? {};
  // The frames of a stack are those of the spec.
  return { ...row, lastErrorStack: lastErrorStack?.split("\n", 1) };
}

async function play(plan: Plan, replicas: number) {
  const { declared, isContinuous, endings, choices, length } = plan;
  // The times of a schedule are on the wall clock, so the engine uses it too.
  const hasSchedule = JSON.stringify(declared).includes("schedule");
  let chosen = 0;
  const simulation = new Simulation({
    skew: hasSchedule ? 0 : plan.skew,
    choose: (open: readonly Replica[]) => open[(choices[chosen++ % choices.length] ?? 0) % open.length],
  });
  try {
    // A continuous worker that returns at once would be restarted forever without the clock moving.
    const code = codeOf(endings, isContinuous ? 1 : 0);
    const options = { ...declared, ...(isContinuous ? { worker: code } : { job: code }) };
    const processes = replicas === 0 ? [simulation.alone(options)] : simulation.replicas(replicas, options);
    await simulation.advance(length);
    const rows = processes.map((process) => shown(simulation, process));
    const isHeld = replicas > 0 && simulation.fleet.record("one").isHeld;
    const { times, attempts } = simulation;
    const hasEnded = processes.some(({ run }) => run.outcome !== "pending");
    await simulation.stop();
    await simulation.advance(10_000);
    expect(processes.filter(({ run }) => run.outcome === "pending")).to.deep.equal([]);
    return { times, attempts, rows, isHeld, hasEnded };
  } finally {
    simulation.restore();
  }
}

/** Runs the same plan locally and distributed. */
async function both(plan: Plan) {
  const local = await play(plan, 0);
  // A worker that fails continues on another replica: for those, compare with a single replica.
  const there = await play(plan, local.hasEnded ? 1 : plan.replicas);
  return { local, there };
}

describe("Any distributed worker", function () {
  this.timeout(600_000);

  it("has the same runs and attempts as a local worker, whichever replicas run it, and its runs never overlap", () =>
    fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { local, there } = await both(plan);
        expect({ times: there.times, attempts: there.attempts }).to.deep.equal({ times: local.times, attempts: local.attempts });
      }),
      { numRuns },
    ));

  it("has the same status as a local worker, on every replica that does not run it", () =>
    fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { local, there } = await both(plan);
        // Distributed, the status shows that a backoff longer than the run's timeout ends with the timeout.
        const rowsOf = (rows: readonly object[]) =>
          plan.declared.timeout === undefined ? rows : rows.map((row) => ({ ...row, nextDue: undefined }));
        const [expected] = rowsOf(local.rows);
        if (!there.isHeld) for (const row of rowsOf(there.rows)) expect(row).to.deep.equal(expected);
      }),
      { numRuns },
    ));
});
