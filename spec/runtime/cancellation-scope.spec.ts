import { getEventListeners } from "node:events";
import { expect } from "chai";
import { runAllWorkers, stopped, type WorkerContext } from "watchbill";

describe("A cancellation scope", () => {
  it("adds one listener to the outer signal for 10,000 workers, and removes it when they have ended", async () => {
    const stop = new AbortController();
    const workers = Array.from({ length: 10_000 }, () => (context: WorkerContext) => stopped(context.signal));
    const running = runAllWorkers(workers, stop);
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(1);
    stop.abort();
    await running;
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
  });

  it("aborts with its parent at any depth, with the same reason", async () => {
    const stop = new AbortController();
    const reasons: unknown[] = [];
    const nest = (depth: number) => async (context: WorkerContext) => {
      await (depth === 0 ? stopped(context.signal) : runAllWorkers([nest(depth - 1)], context));
      reasons.push(context.signal.reason);
    };
    const running = runAllWorkers([nest(5)], stop);
    stop.abort("enough");
    await running;
    expect(reasons).to.deep.equal(Array(6).fill("enough"));
  });

  it("starts nothing once it has been aborted", async () => {
    const stop = new AbortController();
    let started = false;
    const running = runAllWorkers(
      [
        async (context) => {
          await stopped(context.signal);
          await runAllWorkers([() => (started = true)], context);
        },
      ],
      stop,
    );
    stop.abort();
    await running;
    expect(started).to.equal(false);
  });

  it("is not aborted by what runs inside it", async () => {
    const stop = new AbortController();
    let inner: unknown;
    const running = runAllWorkers(
      [
        async (context) => {
          inner = await runAllWorkers([() => {}, (within) => stopped(within.signal)], context).catch((error: unknown) => error);
          expect(context.signal.aborted).to.equal(false);
          await stopped(context.signal);
        },
      ],
      { signal: stop.signal, logger: { debug() {}, info() {}, warn() {}, error() {} } },
    );
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
    expect(inner).to.be.instanceOf(Error);
    stop.abort();
    await running;
  });
});
