import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  type Logger,
  ShutdownTimeoutError,
  stopped,
  type WorkerContext,
  WorkerNotRunningError,
  wait,
} from "watchbill";
import { expectError, phases, recorder, Stubborn, silent, untilStopped, watch } from "./commands.fixture.js";

describe("A paused continuous worker", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  /** Runs a worker beside an unrelated one. */
  function running(worker: DeclarativeWorkerOptions["worker"], logger: Logger = silent) {
    const listen = new DeclarativeWorker({ name: "listen", worker, shutdownTimeout: "5s" });
    const other = new DeclarativeWorker({ name: "other", worker: untilStopped });
    const runner = bootstrap([listen, other], { logger });
    return { runner, run: watch(runner.run()) };
  }

  it("is stopped, and started again with a new signal on resume; the runner continues", async () => {
    const signals: AbortSignal[] = [];
    const listen = async ({ signal }: WorkerContext) => {
      signals.push(signal);
      await stopped(signal);
      await wait("4s");
    };
    const { runner, run } = running(listen);
    const paused = watch(runner.pause("listen"));
    expect(signals[0]?.reason).to.be.instanceOf(DOMException).and.include({ name: "AbortError", message: "listen was paused" });
    await clock.tickAsync(3_999);
    expect(paused.outcome).to.equal("pending");
    await clock.tickAsync(1);
    expect(paused.outcome).to.equal("resolved");
    expect(runner.status()[0]).to.deep.include({ phase: "paused", runs: 1, failures: 0, nextDue: null });
    await clock.tickAsync("10:00");
    expect(phases(runner)).to.deep.equal({ listen: "paused", other: "running" });
    expect(run.outcome).to.equal("pending");
    runner.resume("listen");
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, false]);
    expect(runner.status()[0]).to.deep.include({ phase: "running", runs: 2, lastStart: 604_000 });
    const stopping = runner.stop();
    await clock.tickAsync("00:04");
    await stopping;
  });

  it("is paused once it stops if it hangs, which is reported after its shutdown timeout", async () => {
    const listener = new Stubborn();
    const { lines, logger } = recorder();
    const { runner, run } = running(listener.run, logger);
    const paused = watch(runner.pause("listen"));
    await clock.tickAsync(4_999);
    expect(paused.outcome).to.equal("pending");
    await clock.tickAsync(1);
    expectError(
      paused.outcome,
      ShutdownTimeoutError,
      "1 worker did not stop within 5s: listen. Let each watch context.signal, or raise shutdownTimeout",
    );
    expect(paused.outcome).to.deep.include({
      workers: ["listen"],
      hung: [{ worker: "listen", phase: "running", hungFor: 5_000 }],
    });
    await clock.tickAsync("10:00");
    expect(phases(runner)).to.deep.equal({ listen: "running", other: "running" });
    listener.end();
    await clock.tickAsync(0);
    expect(phases(runner)).to.deep.equal({ listen: "paused", other: "running" });
    expect(lines.map((line) => [line].flat().slice(0, 2))).to.deep.equal([
      ["started 2 workers", undefined],
      ["is to be paused, but has not stopped in time", "listen"],
      ["has stopped after its shutdown timeout", "listen"],
    ]);
    expect([listener.starts, run.outcome]).to.deep.equal([1, "pending"]);
    await runner.stop();
    expect(clock.countTimers()).to.equal(0);
  });

  it("can fail while it stops: the failure is logged, and the runner continues", async () => {
    const listener = new Stubborn();
    const error = new Error("cannot close");
    const { lines, logger } = recorder();
    const { runner, run } = running(listener.run, logger);
    const paused = watch(runner.pause("listen"));
    listener.end(error);
    await clock.tickAsync(0);
    expect([paused.outcome, run.outcome]).to.deep.equal(["resolved", "pending"]);
    expect(lines).to.deep.equal([
      ["started 2 workers", undefined],
      ["failed while it stopped; the others go on", "listen", error],
    ]);
    expect(runner.status()[0]).to.deep.include({ phase: "paused", failures: 1, lastError: "Error: cannot close" });
    await runner.stop();
    expect(run.outcome).to.equal("resolved");
  });

  it("is paused if it is paused again after a resume, while it stops for the first pause", async () => {
    const listener = new Stubborn();
    const { runner } = running(listener.run);
    const first = watch(runner.pause("listen"));
    runner.resume("listen");
    const second = watch(runner.pause("listen"));
    await clock.tickAsync(0);
    expectError(first.outcome, WorkerNotRunningError, "listen cannot be paused: it was resumed meanwhile");
    expect(second.outcome).to.equal("pending");
    listener.end();
    await clock.tickAsync(0);
    expect([second.outcome, listener.starts]).to.deep.equal(["resolved", 1]);
    await runner.stop();
  });

  it("starts again only after it has stopped if it is resumed before", async () => {
    const listener = new Stubborn();
    const { runner } = running(listener.run);
    const paused = watch(runner.pause("listen"));
    runner.resume("listen");
    await clock.tickAsync("00:04");
    expect(listener.starts).to.equal(1);
    expectError(paused.outcome, WorkerNotRunningError, "listen cannot be paused: it was resumed meanwhile");
    listener.end();
    await clock.tickAsync(0);
    expect(listener.starts).to.equal(2);
    const stopping = runner.stop();
    listener.end();
    await stopping;
  });
});
