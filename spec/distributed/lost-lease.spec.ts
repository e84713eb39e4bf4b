import { expect } from "chai";
import {
  DoNotRestart,
  LeaseLostError,
  observe,
  runAllJobs,
  runAllWorkers,
  StaticBackoff,
  type WorkerContext,
  wait,
} from "watchbill";
import { thrownBy } from "../runner/commands.fixture.js";
import { Simulation } from "./simulation.fixture.js";

describe("A distributed worker that has lost its lease", () => {
  let simulation: Simulation;

  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(() => simulation.restore());

  it("has its signal aborted with a LeaseLostError, stays in its runner, and can be leased again", async () => {
    const reasons: unknown[] = [];
    const job = async ({ signal }: WorkerContext) => {
      await wait("10s", { signal }).catch((reason: unknown) => {
        reasons.push(reason);
        throw reason;
      });
    };
    const process = simulation.replica({ repeat: "1m", job });
    await simulation.advance(62_000);
    simulation.fleet.lose("one");
    await simulation.advance(60_000);
    expect(reasons).to.have.lengthOf(1);
    expect(reasons[0])
      .to.be.instanceOf(LeaseLostError)
      .with.property(
        "message",
        "The lease of one was lost: it was taken away. Another replica may run it now, so write nothing more",
      );
    expect(reasons[0]).to.have.property("worker", "one");
    // The run is repeated under the next lease, a second later.
    expect(simulation.times).to.deep.equal([60_000, 63_000, 120_000]);
    expect(process.run.outcome).to.equal("pending");
    expect(process.lines).to.deep.equal([["started 1 worker", undefined]]);
  });

  it("is published when the lease is taken, released and lost", async () => {
    const leases: string[] = [];
    const unsubscribe = observe("watchbill:lease", ({ worker, change }) => leases.push(`${worker} ${change}`));
    simulation.replica({ repeat: "1m", job: ({ signal }: WorkerContext) => wait("10s", { signal }) });
    await simulation.advance(1_000);
    // The first lease is for the time of the first run alone.
    expect(leases.splice(0)).to.deep.equal(["one taken", "one released"]);
    await simulation.advance(79_000);
    expect(leases.splice(0)).to.deep.equal(["one taken", "one released"]);
    await simulation.advance(42_000);
    simulation.fleet.lose("one");
    expect(leases.splice(0)).to.deep.equal(["one taken", "one lost"]);
    await simulation.advance(30_000);
    expect(leases.splice(0)).to.deep.equal(["one taken", "one released"]);
    unsubscribe();
  });

  it("can fail then: the error is logged, and does not stop the runner", async () => {
    const error = new Error("the connection is gone");
    const job = async ({ signal }: WorkerContext) => {
      await wait("10s", { signal }).catch(() => Promise.reject(error));
    };
    const process = simulation.replica({ repeat: "1m", job });
    await simulation.advance(62_000);
    simulation.fleet.lose("one");
    await simulation.advance(10_000);
    expect(process.lines).to.deep.equal([
      ["started 1 worker", undefined],
      ["failed after its lease was lost", "one", error],
    ]);
    expect(process.run.outcome).to.equal("pending");
    expect(simulation.times).to.deep.equal([60_000, 63_000]);
  });

  it("can complete then: it does not run again", async () => {
    const job = async ({ signal }: WorkerContext) => {
      await wait("10s", { signal }).catch(() => Promise.reject(new DoNotRestart("all imported")));
    };
    simulation.replica({ repeat: "1m", job });
    await simulation.advance(62_000);
    simulation.fleet.lose("one");
    await simulation.advance(600_000);
    expect(simulation.times).to.deep.equal([60_000]);
  });

  it("is not retried under the lost lease", async () => {
    const job = ({ signal }: WorkerContext) => wait("10s", { signal });
    const retryJob = new StaticBackoff({ sleep: 10 });
    simulation.replica({ repeat: "1m", retry: new StaticBackoff({ sleep: 10 }), retryJob, job });
    await simulation.advance(62_000);
    simulation.fleet.lose("one");
    await simulation.advance(10_000);
    expect(simulation.times).to.deep.equal([60_000, 63_000]);
  });

  it("stores nothing: the next leased run continues from the last checkpoint", async () => {
    const job = ({ signal }: WorkerContext) => wait("10s", { signal });
    const [first] = simulation.replicas(2, { repeat: "1m", job });
    await simulation.advance(62_000);
    const before = simulation.fleet.record("one").snapshot;
    simulation.fleet.lose("one");
    await simulation.advance(500);
    expect(simulation.fleet.record("one").snapshot).to.deep.equal(before);
    await simulation.advance(9_500);
    expect(simulation.times).to.deep.equal([60_000, 63_000]);
    expect(first?.run.outcome).to.equal("pending");
  });

  it("stops like a local worker while a run ignores its signal", async () => {
    const process = simulation.replica({ repeat: "1m", job: () => wait("10s") }, { shutdownTimeout: "20s" });
    await simulation.advance(62_000);
    simulation.fleet.lose("one");
    process.stop.abort();
    await simulation.advance(5_000);
    expect(process.run.outcome).to.equal("pending");
    await simulation.advance(5_000);
    expect(process.run.outcome).to.equal("resolved");
    expect(process.engine.released).to.deep.equal([]);
  });

  describe("while its process was frozen", () => {
    /** What a run observes after its lease has expired while the process was frozen. */
    async function frozen(look: (context: WorkerContext) => unknown, timeout?: "1h"): Promise<unknown[]> {
      const seen: unknown[] = [];
      let runs = 0;
      const job = async (context: WorkerContext) => {
        if (runs++ > 0) return;
        seen.push(await look(context));
      };
      simulation.replica({ repeat: "1m", retry: new StaticBackoff({ sleep: "1s" }), timeout, job });
      await simulation.advance(62_000);
      simulation.fleet.loseSilently("one");
      await simulation.advance(10_000);
      return seen;
    }

    for (const timeout of [undefined, "1h"] as const) {
      const where = timeout === undefined ? "" : " of a run with a timeout";

      it(`detects it by signal.aborted${where}`, async () => {
        const seen = await frozen(async ({ signal }) => {
          const before = signal.aborted;
          await wait("3s");
          return [before, signal.aborted, signal.reason instanceof LeaseLostError];
        }, timeout);
        expect(seen).to.deep.equal([[false, true, true]]);
      });

      it(`detects it by signal.throwIfAborted()${where}`, async () => {
        const seen = await frozen(async ({ signal }) => {
          signal.throwIfAborted();
          await wait("3s");
          return thrownBy(() => signal.throwIfAborted()) instanceof LeaseLostError;
        }, timeout);
        expect(seen).to.deep.equal([true]);
      });

      it(`detects it by the signals of workers and jobs that it runs${where}`, async () => {
        const seen = await frozen(async (context) => {
          const { signal } = context;
          const aborted: boolean[] = [];
          const inner = async ({ signal }: WorkerContext) => {
            const before = signal.aborted;
            await wait("3s");
            aborted.push(before, signal.aborted);
          };
          await Promise.allSettled([runAllWorkers([inner], context), runAllJobs([inner], context)]);
          return [aborted, signal.aborted];
        }, timeout);
        expect(seen).to.deep.equal([[[false, true, false, true], true]]);
      });
    }

    it("receives the abort event too, once it reads the signal", async () => {
      const seen = await frozen(async ({ signal }) => {
        let events = 0;
        signal.addEventListener("abort", () => events++);
        await wait("3s");
        const before = events;
        return [before, signal.aborted, events];
      });
      expect(seen).to.deep.equal([[0, true, 1]]);
    });
  });

  it("aborts the signals of its runs when the leased run ends", async () => {
    const signals: AbortSignal[] = [];
    simulation.replica({ repeat: "1m", job: ({ signal }) => void signals.push(signal) });
    await simulation.advance(61_000);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
    expect(signals[0]?.reason).to.have.property("message", "The leased run of one has ended");
  });
});
