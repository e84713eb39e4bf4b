import { expect } from "chai";
import { type DeclarativeWorkerOptions, ExponentialBackoff, StaticBackoff, type WorkerContext, wait } from "watchbill";
import { type Process, Simulation } from "./simulation.fixture.js";

type Ending = Error | "returns";
const no = new Error("no");
const backoff = new ExponentialBackoff({ initial: "2s", max: "5s" });

/** A job whose runs, on any replica, end one after the other as listed, each after a number of ms; later runs return at once. */
function ending(...endings: (readonly [Ending, number] | Ending)[]) {
  let runs = 0;
  return async ({ signal }: WorkerContext) => {
    const ending = endings[runs++] ?? "returns";
    const [outcome, duration] = Array.isArray(ending) ? ending : [ending, 0];
    if (duration > 0) await wait(duration, { signal });
    if (outcome instanceof Error) throw outcome;
  };
}

const everySecond = { schedule: { next: (after: Date) => new Date(Math.floor(after.getTime() / 1_000) * 1_000 + 1_000) } };

/** Factories, as each job counts its runs. */
const declarations: Record<string, () => DeclarativeWorkerOptions> = {
  "an interval": () => ({ repeat: "1s", job: ending() }),
  "an interval with runs that are too long for it": () => ({
    repeat: "1s",
    job: ending("returns", ["returns", 2_500], ["returns", 1_000]),
  }),
  startImmediately: () => ({ repeat: { interval: "3s", startImmediately: true }, job: ending(["returns", 100]) }),
  initialDelay: () => ({ repeat: { interval: "3s", initialDelay: "500ms" }, job: ending() }),
  "an interval of a month": () => ({ repeat: "30d", job: ending() }),
  "a schedule": () => ({ repeat: everySecond, job: ending("returns", ["returns", 2_300]) }),
  "a schedule with startImmediately": () => ({ repeat: { ...everySecond, startImmediately: true }, job: ending() }),
  "a schedule with initialDelay": () => ({ repeat: { ...everySecond, initialDelay: "4s" }, job: ending() }),
  "retry, which counts failures in a row and starts a new timetable": () => ({
    repeat: "1s",
    retry: backoff,
    job: ending(no, [no, 300], "returns", "returns", no, no, no),
  }),
  "retry without a delay": () => ({ repeat: "1s", retry: new StaticBackoff({ sleep: 0 }), job: ending(no, no, "returns", no) }),
  "retry of startImmediately": () => ({
    repeat: { interval: "1s", startImmediately: true },
    retry: backoff,
    job: ending(no, no, no),
  }),
  "maxRestarts in a row": () => ({ repeat: "1s", retry: { backoff, maxRestarts: 2 }, job: ending(no, "returns", no, no, no) }),
  "maxRestarts within a window": () => ({
    repeat: "1s",
    retry: { backoff, maxRestarts: 2, within: "20s" },
    job: ending(no, "returns", no, "returns", "returns", no),
  }),
  "maxRestarts within a window that slides": () => ({
    repeat: "1s",
    retry: { backoff, maxRestarts: 2, within: "8s" },
    job: ending(no, "returns", no, "returns", "returns", no, "returns", no),
  }),
  retryIf: () => ({
    repeat: "1s",
    retry: { backoff, retryIf: (_error: Error, attempt: number) => attempt < 3 },
    job: ending(no, no, "returns", no, no, no),
  }),
  "no retry": () => ({ repeat: "1s", job: ending("returns", no) }),
  retryJob: () => ({ repeat: "1s", retryJob: backoff, job: ending(no, no, "returns", no) }),
  "retryJob that outlasts the next run": () => ({ repeat: "3s", retryJob: backoff, job: ending(no, [no, 200], no, no) }),
  maxAttempts: () => ({
    repeat: "10s",
    retry: backoff,
    retryJob: { backoff: new StaticBackoff({ sleep: 500 }), maxAttempts: 3 },
    job: ending(no, no, no, no, no, "returns", no),
  }),
  "a timeout of one attempt": () => ({
    repeat: "10s",
    retry: backoff,
    timeout: "3s",
    job: ending(["returns", 5_000], "returns", ["returns", 3_500]),
  }),
  "a timeout that spans several attempts": () => ({
    repeat: "10s",
    retry: backoff,
    timeout: "3s",
    retryJob: new StaticBackoff({ sleep: "1s" }),
    job: ending([no, 100], [no, 100], [no, 2_000], "returns", no, no, no, no),
  }),
  "a timeout that ends while retryJob backs off": () => ({
    repeat: "10s",
    retry: backoff,
    timeout: "3s",
    retryJob: new StaticBackoff({ sleep: "1h" }),
    job: ending(no),
  }),
  "a continuous worker": () => ({
    retry: backoff,
    worker: ending([no, 500], [no, 500], ["returns", 700], [no, 500], ["returns", 40_000], ["returns", 200_000]),
  }),
  resetAfter: () => ({
    retry: { backoff, resetAfter: "5s" },
    worker: ending(no, no, [no, 4_999], no, [no, 5_000], no, ["returns", 200_000]),
  }),
};

/** The part of the status that is the same on all replicas. */
function shown(simulation: Simulation, process: Process) {
  const { holder: _, lastErrorStack, ...row } = simulation.row(process) ?? {};
  // The frames of a stack are those of the spec.
  return { ...row, lastErrorStack: lastErrorStack?.split("\n", 1) };
}

async function play(options: DeclarativeWorkerOptions, replicas: number, skew: number, length = 60_500) {
  const simulation = new Simulation({ skew });
  try {
    const processes = replicas === 0 ? [simulation.alone(options)] : simulation.replicas(replicas, options);
    await simulation.advance(length);
    const rows = processes.map((process) => shown(simulation, process));
    const held = replicas > 0 && simulation.fleet.record("one").isHeld;
    const ends = processes.map(({ run: { outcome } }) => (outcome instanceof Error ? outcome.message : outcome));
    await simulation.stop();
    return { times: simulation.times, attempts: simulation.attempts, places: new Set(simulation.places), rows, held, ends };
  } finally {
    simulation.restore();
  }
}

describe("A distributed worker behaves the same with any number of replicas:", () => {
  for (const [what, declare] of Object.entries(declarations)) {
    const length = what.includes("month") ? 65 * 86_400_000 : 60_500;
    // A worker that fails leaves its replica, and would continue on another.
    const fails = ["no retry", "maxRestarts in a row", "maxRestarts within a window", "retryIf"].includes(what);

    it(what, async () => {
      const local = await play(declare(), 0, 0, length);
      expect(local.times).to.not.deep.equal([]);
      for (const [replicas, skew] of [
        [1, 0],
        [2, 0],
        // The times of a schedule are on the wall clock, so the engine uses it too.
        [3, what.includes("schedule") ? 0 : 777_777],
      ] as const) {
        const there = await play(declare(), fails ? 1 : replicas, skew, length);
        expect(there.times, `times of ${replicas}`).to.deep.equal(local.times);
        expect(there.attempts, `attempts of ${replicas}`).to.deep.equal(local.attempts);
        expect(there.ends[0], `end of ${replicas}`).to.deep.equal(local.ends[0]);
        if (!there.held) for (const row of there.rows) expect(row, `row of ${replicas}`).to.deep.equal(local.rows[0]);
        if (local.times.length > 1 && !fails) expect(there.places.size).to.be.at.least(Math.min(replicas, 2));
      }
    });
  }
});
