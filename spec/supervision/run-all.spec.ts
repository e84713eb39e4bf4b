import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { promisify } from "node:util";
import { expect } from "chai";
import sinon from "sinon";
import { repeat, retry, runAllJobs, runAllWorkers, StaticBackoff, stopped, type WorkerContext, wait } from "watchbill";

describe("Workers that run together", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  const logger = { debug: sinon.stub(), info: sinon.stub(), warn: sinon.stub(), error: sinon.stub() };

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
  });

  afterEach(() => {
    sinon.restore();
    clock.restore();
  });

  const waiting = ({ signal }: WorkerContext) => stopped(signal);

  it("each have their own signal, even if they are the same function", async () => {
    const signals = new Set<AbortSignal>();
    const worker = (context: WorkerContext) => {
      signals.add(context.signal);
      return waiting(context);
    };
    const running = runAllWorkers([worker, worker, worker], { signal: stop.signal });
    expect(signals.size).to.equal(3);
    expect(signals.has(stop.signal)).to.equal(false);
    stop.abort();
    await running;
  });

  it("add one listener to the outer signal for 10,000 workers, without a warning, and remove it afterwards", async () => {
    const warned = sinon.spy();
    process.on("warning", warned);
    try {
      const listening = (context: WorkerContext) =>
        new Promise<void>((resolve) => context.signal.addEventListener("abort", () => resolve()));
      const together = runAllWorkers(
        Array.from({ length: 10_000 }, () => listening),
        { signal: stop.signal },
      );
      const apart = Array.from({ length: 10_000 }, () => repeat("1h", () => {}).run({ signal: stop.signal } as never));
      expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(1);
      stop.abort();
      await Promise.all([together, ...apart]);
      await new Promise((resolve) => process.nextTick(resolve));
      expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
      expect(warned.args).to.deep.equal([]);
    } finally {
      process.off("warning", warned);
    }
  });

  it("create no AbortController while none of them reads its signal", async () => {
    const construct = sinon.spy(globalThis, "AbortController");
    const started = sinon.spy();
    const workers = Array.from({ length: 1_000 }, () => repeat("1s", started));
    const running = runAllWorkers(workers, { signal: stop.signal });
    await clock.tickAsync(1_500);
    stop.abort();
    await running;
    expect(started.callCount).to.equal(1_000);
    expect(construct.callCount).to.equal(0);
  });

  it("create one AbortController for each that reads its signal, however often", async () => {
    const construct = sinon.spy(globalThis, "AbortController");
    const running = runAllWorkers([repeat("1s", ({ signal }) => signal), repeat("1s", () => {})], { signal: stop.signal });
    await clock.tickAsync(10_000);
    stop.abort();
    await running;
    expect(construct.callCount).to.equal(1);
  });

  it("have the same signal in every run, which aborts on a stop even if it was read in an earlier run", async () => {
    const reason = new Error("shutting down");
    const signals: AbortSignal[] = [];
    const job = ({ signal }: WorkerContext) => {
      signals.push(signal);
      if (signals.length === 3) throw new Error("no luck");
    };
    const running = runAllWorkers([retry(repeat("1s", job), new StaticBackoff({ sleep: 0 }))], { signal: stop.signal, logger });
    await clock.tickAsync(10_000);
    expect(signals.length).to.be.above(5);
    expect(new Set(signals).size).to.equal(1);
    expect(signals[0]?.aborted).to.equal(false);
    stop.abort(reason);
    expect(signals[0]?.aborted).to.equal(true);
    expect(signals[0]?.reason).to.equal(reason);
    await running;
  });

  it("also stop what a completed worker left running in its context", async () => {
    const leftover = sinon.spy();
    const careless = (context: WorkerContext) => void repeat("1s", leftover).run(context);
    await runAllWorkers([waiting, careless], { logger }).catch(() => {});
    await clock.tickAsync(60_000);
    expect(leftover.called).to.equal(false);
    expect(clock.countTimers()).to.equal(0);
  });

  it("have an aborted signal if they read it only after the stop", async () => {
    const reason = new Error("shutting down");
    let seen: AbortSignal | undefined;
    const running = runAllWorkers(
      [
        async (context) => {
          await wait("1s");
          seen = context.signal;
        },
      ],
      { signal: stop.signal },
    );
    stop.abort(reason);
    await clock.tickAsync(1_000);
    await running;
    expect(seen).to.include({ aborted: true, reason });
  });

  describe("within the context of another worker", () => {
    it("have names that are prefixed with its name", async () => {
      const names: string[] = [];
      async function inner(context: WorkerContext) {
        names.push(context.name);
        await waiting(context);
      }
      async function outer(context: WorkerContext) {
        await runAllWorkers([inner, (own) => inner(own)], context);
      }
      const running = runAllWorkers([outer], { signal: stop.signal });
      stop.abort();
      await running;
      expect(names).to.deep.equal(["outer/inner", "outer/worker 2"]);
    });

    it("stop with it, even if no level in between ever read a signal", async () => {
      const construct = sinon.spy(globalThis, "AbortController");
      const job = sinon.spy();
      const running = runAllWorkers(
        [(context) => runAllWorkers([(deeper) => runAllWorkers([repeat("1s", job)], deeper)], context)],
        { signal: stop.signal },
      );
      await clock.tickAsync(2_500);
      stop.abort();
      await running;
      expect(job.callCount).to.equal(2);
      expect(construct.callCount).to.equal(0);
      expect(clock.countTimers()).to.equal(0);
    });

    it("use its logger", async () => {
      const error = sinon.spy();
      const failed = new Error("no luck");
      const outer = (context: WorkerContext) => runAllWorkers([() => Promise.reject(failed)], context);
      await runAllWorkers([outer], { logger: { ...logger, error } }).catch(() => {});
      expect(error.firstCall.args).to.deep.equal([{ worker: "outer/worker 1", err: failed }, "failed; the runner stops"]);
    });

    it("do not stop it when they end, and propagate their errors to it", async () => {
      const failed = new Error("no luck");
      const outer = async (context: WorkerContext) => {
        await runAllJobs([() => {}], context);
        expect(context.signal.aborted).to.equal(false);
        await runAllWorkers([waiting, () => Promise.reject(failed)], context).catch((error: unknown) =>
          expect(error).to.have.property("cause", failed),
        );
        await stopped(context.signal);
      };
      const running = runAllWorkers([outer], { signal: stop.signal, logger });
      await clock.tickAsync(1_000);
      stop.abort();
      await running;
    });
  });

  it("keep the process alive only while they run", async () => {
    const script = `
      import { runAllWorkers } from "./lib/index.ts";
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 200).unref();
      const worker = ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve));
      await runAllWorkers([worker], { signal: stop.signal });
      console.log("stopped");
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--import=tsx", "--input-type=module", "--eval", script]);
    expect(stdout).to.equal("stopped\n");
  });
});
