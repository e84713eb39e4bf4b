import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DoNotRestart,
  Named,
  Retry,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  wait,
} from "watchbill";
import { expectError, phases, recorder, Stubborn, silent, startOne, untilStopped, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "30s" });
const failing = () => Promise.reject(new Error("HTTP 503"));

describe("A worker that is restarted by a command", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("stops, starts after it has stopped, and never runs twice at a time; the others continue", async () => {
    const events: string[] = [];
    const signals: AbortSignal[] = [];
    const { runner, run } = startOne({
      async worker({ signal }) {
        events.push("start");
        signals.push(signal);
        await stopped(signal);
        await wait("4s");
        events.push("end");
      },
    });
    await clock.tickAsync("00:10");
    const restarted = watch(runner.restart("one"));
    expect(signals[0]?.reason).to.be.instanceOf(DOMException).and.include({ name: "AbortError", message: "one was restarted" });
    await clock.tickAsync(3_999);
    expect([restarted.outcome, ...events]).to.deep.equal(["pending", "start"]);
    await clock.tickAsync(1);
    expect([restarted.outcome, ...events]).to.deep.equal(["resolved", "start", "end", "start"]);
    expect(signals[1]?.aborted).to.equal(false);
    expect(runner.status()).to.containSubset([
      { name: "one", phase: "running", runs: 2, lastStart: 14_000 },
      { name: "other", phase: "running", runs: 1 },
    ]);
    expect(run.outcome).to.equal("pending");
    const stopping = runner.stop();
    await clock.tickAsync("00:04");
    await stopping;
  });

  it("starts a new grid if it is a repeated one, and its run is stopped", async () => {
    const starts: number[] = [];
    const { runner } = startOne({
      job({ signal }) {
        starts.push(Date.now());
        return wait("5s", { signal });
      },
      repeat: "1m",
    });
    await clock.tickAsync("01:02");
    await runner.restart("one");
    expect(runner.status()[0]).to.deep.include({ phase: "waiting", runs: 1, failures: 0, nextDue: 122_000 });
    await clock.tickAsync("01:00");
    expect(starts).to.deep.equal([60_000, 122_000]);
    await runner.stop();
  });

  it("starts immediately during a backoff, without consecutive failures, and keeps its status", async () => {
    const attempts: number[] = [];
    const { runner } = startOne({
      worker(context) {
        attempts.push(context.attempt);
        return attempts.length < 3 ? failing() : untilStopped(context);
      },
      retry: backoff,
    });
    await clock.tickAsync("00:31");
    const { attempt, ...known } = { ...runner.status()[0], phase: "running", runs: 3, lastStart: 31_000, nextDue: null };
    expect(attempt).to.equal(2);
    const restarted = watch(runner.restart("one"));
    expect(attempts).to.deep.equal([0, 1, 0]);
    expect(runner.status()[0]).to.deep.equal({ ...known, attempt: 0 });
    expect(known).to.deep.include({ health: "firing", failures: 2, lastError: "Error: HTTP 503" });
    await clock.tickAsync("01:00");
    expect(restarted.outcome).to.equal("resolved");
    expect(attempts).to.have.length(3);
    await runner.stop();
  });

  it("keeps all its maxRestarts", async () => {
    const { runner, run } = startOne({ worker: failing, retry: { backoff, maxRestarts: 1 } });
    await clock.tickAsync("00:15");
    await runner.restart("one");
    await clock.tickAsync("00:15");
    expect(run.outcome).to.equal("pending");
    await clock.tickAsync("00:16");
    expect(run.outcome).to.have.nested.property("errors[0].name", "RestartLimitError");
    expect(runner.status()[0]).to.deep.include({ runs: 3, failures: 3 });
  });

  for (const [what, options, phase] of [
    ["continuous", { worker: untilStopped }, "running"],
    ["repeated", { job() {}, repeat: "1m" }, "waiting"],
  ] as const) {
    it(`runs again if it was paused: a ${what} worker`, async () => {
      const { runner } = startOne(options);
      await runner.pause("one");
      await runner.restart("one");
      expect(phases(runner)).to.deep.equal({ one: phase, other: "running" });
      await runner.stop();
    });
  }

  for (const [what, options] of [
    ["threw DoNotRestart", { worker: () => Promise.reject(new DoNotRestart()) }],
    ["returned", { worker: () => wait("1s"), restart: "never" }],
  ] as const) {
    it(`runs again if it had completed, as it ${what}`, async () => {
      const { runner, run } = startOne(options);
      await clock.tickAsync("00:02");
      for (const runs of [2, 3]) {
        await runner.restart("one");
        await clock.tickAsync("00:02");
        expect(runner.status()[0]).to.deep.include({ phase: "stopped", health: "ok", runs, failures: 0 });
      }
      expect(run.outcome).to.equal("pending");
      await runner.stop();
      expect(run.outcome).to.equal("resolved");
    });
  }

  it("restarts once it stops if it hangs, which is reported after its own shutdown timeout", async () => {
    const one = new Stubborn();
    const { lines, logger } = recorder();
    const { runner } = startOne({ worker: one.run, shutdownTimeout: "5s" }, logger);
    const restarted = watch(runner.restart("one"));
    await clock.tickAsync("00:05");
    expectError(
      restarted.outcome,
      ShutdownTimeoutError,
      "1 worker did not stop within 5s: one. Let each watch context.signal, or raise shutdownTimeout",
    );
    await clock.tickAsync("10:00");
    expect(one.starts).to.equal(1);
    one.end();
    await clock.tickAsync(0);
    expect(one.starts).to.equal(2);
    expect(lines.map((line) => [line].flat().slice(0, 2))).to.deep.equal([
      ["started 2 workers", undefined],
      ["is to be restarted, but has not stopped in time", "one"],
      ["has stopped after its shutdown timeout", "one"],
    ]);
    const stopping = runner.stop();
    one.end();
    await stopping;
    expect(clock.countTimers()).to.equal(0);
  });

  it("can fail while it stops: the failure is logged, and it starts nevertheless", async () => {
    const one = new Stubborn();
    const error = new Error("cannot close");
    const { lines, logger } = recorder();
    const { runner, run } = startOne({ worker: one.run }, logger);
    const restarted = watch(runner.restart("one"));
    one.end(error);
    await clock.tickAsync(0);
    expect([restarted.outcome, run.outcome, one.starts]).to.deep.equal(["resolved", "pending", 2]);
    expect(lines).to.deep.equal([
      ["started 2 workers", undefined],
      ["failed while it stopped; the others go on", "one", error],
    ]);
    expect(runner.status()[0]).to.deep.include({ failures: 1, lastError: "Error: cannot close" });
    const stopping = runner.stop();
    one.end();
    await stopping;
  });

  it("does not affect the others of its class, and restarts with them afterwards as before", async () => {
    const listener = new Stubborn();
    const streams: AbortSignal[] = [];
    @Named("github")
    @Retry(backoff)
    class Fetcher {
      @Worker
      stream(context: WorkerContext) {
        streams.push(context.signal);
        return untilStopped(context);
      }

      @Worker
      events() {
        return listener.run();
      }
    }
    const runner = bootstrap([Fetcher], { logger: silent });
    void runner.run();
    await runner.restart("github/stream");
    expect(streams.map(({ aborted }) => aborted)).to.deep.equal([true, false]);
    expect(listener.starts).to.equal(1);
    listener.end(new Error("connection lost"));
    await clock.tickAsync("00:31");
    expect(streams.map(({ aborted }) => aborted)).to.deep.equal([true, true, false]);
    expect(runner.status()).to.containSubset([{ runs: 3 }, { runs: 2 }]);
    const stopping = runner.stop();
    listener.end();
    await stopping;
  });
});
