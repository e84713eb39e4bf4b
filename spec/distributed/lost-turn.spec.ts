import { expect } from "chai";
import { LeaseLostError, runAllJobs, runAllWorkers, StaticBackoff, type WorkerContext, wait } from "watchbill";
import { thrownBy } from "../runner/orders.fixture.js";
import { Stage } from "./stage.fixture.js";

describe("A distributed worker that has lost its turn", () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.restore());

  it("has its signal aborted with a LeaseLostError, stays in its roster, and has a turn again", async () => {
    const reasons: unknown[] = [];
    const job = async ({ signal }: WorkerContext) => {
      await wait("10s", { signal }).catch((reason: unknown) => {
        reasons.push(reason);
        throw reason;
      });
    };
    const process = stage.replica({ repeat: "1m", job });
    await stage.advance(62_000);
    stage.fleet.lose("one");
    await stage.advance(60_000);
    expect(reasons).to.have.lengthOf(1);
    expect(reasons[0])
      .to.be.instanceOf(LeaseLostError)
      .with.property(
        "message",
        "The turn of one is lost: it was taken away. Another replica may run it now, so write nothing more",
      );
    expect(reasons[0]).to.have.property("worker", "one");
    // The run is begun again by whoever has the turn next, a second later.
    expect(stage.times).to.deep.equal([60_000, 63_000, 120_000]);
    expect(process.run.outcome).to.equal("pending");
    expect(process.lines).to.deep.equal([["started 1 worker", undefined]]);
  });

  it("may fail after that: it is logged, and is no failure of the roster", async () => {
    const error = new Error("the connection is gone");
    const job = async ({ signal }: WorkerContext) => {
      await wait("10s", { signal }).catch(() => Promise.reject(error));
    };
    const process = stage.replica({ repeat: "1m", job });
    await stage.advance(62_000);
    stage.fleet.lose("one");
    await stage.advance(10_000);
    expect(process.lines).to.deep.equal([
      ["started 1 worker", undefined],
      ["failed after its turn was lost", "one", error],
    ]);
    expect(process.run.outcome).to.equal("pending");
    expect(stage.times).to.deep.equal([60_000, 63_000]);
  });

  it("is not retried in the turn that is lost", async () => {
    const job = ({ signal }: WorkerContext) => wait("10s", { signal });
    const retryJob = new StaticBackoff({ sleep: 10 });
    stage.replica({ repeat: "1m", retry: new StaticBackoff({ sleep: 10 }), retryJob, job });
    await stage.advance(62_000);
    stage.fleet.lose("one");
    await stage.advance(10_000);
    expect(stage.times).to.deep.equal([60_000, 63_000]);
  });

  it("writes nothing down: others go on from what they were given", async () => {
    const job = ({ signal }: WorkerContext) => wait("10s", { signal });
    const [first] = stage.replicas(2, { repeat: "1m", job });
    await stage.advance(62_000);
    const before = stage.fleet.record("one").memory;
    stage.fleet.lose("one");
    await stage.advance(500);
    expect(stage.fleet.record("one").memory).to.deep.equal(before);
    await stage.advance(9_500);
    expect(stage.times).to.deep.equal([60_000, 63_000]);
    expect(first?.run.outcome).to.equal("pending");
  });

  it("is stopped like any other while a run that ignores its signal goes on", async () => {
    const process = stage.replica({ repeat: "1m", job: () => wait("10s") }, { shutdownTimeout: "20s" });
    await stage.advance(62_000);
    stage.fleet.lose("one");
    process.stop.abort();
    await stage.advance(5_000);
    expect(process.run.outcome).to.equal("pending");
    await stage.advance(5_000);
    expect(process.run.outcome).to.equal("resolved");
    expect(process.engine.abandoned).to.deep.equal([]);
  });

  describe("while its process was frozen", () => {
    /** What a run of 2 s gets to see once its right is lost, and nobody could tell it. */
    async function frozen(look: (context: WorkerContext) => unknown, timeout?: "1h"): Promise<unknown[]> {
      const seen: unknown[] = [];
      let runs = 0;
      const job = async (context: WorkerContext) => {
        if (runs++ > 0) return;
        seen.push(await look(context));
      };
      stage.replica({ repeat: "1m", retry: new StaticBackoff({ sleep: "1s" }), timeout, job });
      await stage.advance(62_000);
      stage.fleet.loseSilently("one");
      await stage.advance(10_000);
      return seen;
    }

    for (const timeout of [undefined, "1h"] as const) {
      const where = timeout === undefined ? "" : " of a run with a timeout";

      it(`is told so by signal.aborted${where}`, async () => {
        const seen = await frozen(async ({ signal }) => {
          const before = signal.aborted;
          await wait("3s");
          return [before, signal.aborted, signal.reason instanceof LeaseLostError];
        }, timeout);
        expect(seen).to.deep.equal([[false, true, true]]);
      });

      it(`is told so by signal.throwIfAborted()${where}`, async () => {
        const seen = await frozen(async ({ signal }) => {
          signal.throwIfAborted();
          await wait("3s");
          return thrownBy(() => signal.throwIfAborted()) instanceof LeaseLostError;
        }, timeout);
        expect(seen).to.deep.equal([true]);
      });

      it(`is told so by signals of workers and jobs that run within it${where}`, async () => {
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

    it("is told so by the event too, once it has asked", async () => {
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

  it("aborts with the end of the turn what the runs of that have left behind", async () => {
    const signals: AbortSignal[] = [];
    stage.replica({ repeat: "1m", job: ({ signal }) => void signals.push(signal) });
    await stage.advance(61_000);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
    expect(signals[0]?.reason).to.have.property("message", "The turn of one is over");
  });
});
