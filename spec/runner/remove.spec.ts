import { getEventListeners } from "node:events";
import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  BootstrapError,
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  DoNotRestart,
  Named,
  Repeat,
  Retry,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  wait,
} from "watchbill";
import { collectGarbage } from "./collect-garbage.fixture.js";
import { expectError, phases, recorder, Stubborn, silent, startOne, thrownBy, untilStopped, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "30s" });
const named = (name: string, options: DeclarativeWorkerOptions = {}) =>
  new DeclarativeWorker({ name, ...("job" in options ? {} : { worker: untilStopped }), ...options });

describe("A removed worker", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("is stopped and forgotten; the others continue", async () => {
    const signals: AbortSignal[] = [];
    const { runner, run } = startOne({
      async worker({ signal }) {
        signals.push(signal);
        await stopped(signal);
        await wait("4s");
      },
    });
    const removed = watch(runner.remove("one"));
    expect(signals[0]?.reason).to.be.instanceOf(DOMException).and.include({ name: "AbortError", message: "one was removed" });
    await clock.tickAsync(3_999);
    expect(removed.outcome).to.equal("pending");
    expect(phases(runner)).to.deep.equal({ one: "running", other: "running" });
    await clock.tickAsync(1);
    expect(removed.outcome).to.equal("resolved");
    expect(phases(runner)).to.deep.equal({ other: "running" });
    expect(runner.workers.map(({ name }) => name)).to.deep.equal(["other"]);
    await clock.tickAsync("10:00");
    expect([run.outcome, signals.length]).to.deep.equal(["pending", 1]);
    await runner.stop();
  });

  const failing = () => Promise.reject(new Error("HTTP 503"));
  for (const [what, options, phase] of [
    ["waits for its next run", { job() {}, repeat: "1m" }, "waiting"],
    ["is paused", { worker: untilStopped }, "paused"],
    ["backs off", { worker: failing, retry: backoff }, "backoff"],
    ["has completed", { worker: () => Promise.reject(new DoNotRestart()) }, "stopped"],
  ] as const) {
    it(`disappears immediately if it ${what}, and does not come back`, async () => {
      const { runner, run } = startOne(options);
      if (phase === "paused") await runner.pause("one");
      await clock.tickAsync("00:10");
      expect(phases(runner)).to.deep.equal({ one: phase, other: "running" });
      await runner.remove("one");
      expect(phases(runner)).to.deep.equal({ other: "running" });
      await clock.tickAsync("10:00");
      expect(run.outcome).to.equal("pending");
      await runner.stop();
      expect(run.outcome).to.equal("resolved");
      expect(clock.countTimers()).to.equal(0);
    });
  }

  it("disappears before the run and after it too, and does not start again", async () => {
    const starts: string[] = [];
    const recorded = (name: string) =>
      named(name, {
        worker(context) {
          starts.push(name);
          return untilStopped(context);
        },
      });
    const runner = bootstrap([recorded("a"), recorded("b"), recorded("c")], { logger: silent });
    await runner.remove("a");
    for (const wanted of [
      ["b", "c"],
      ["b", "c", "c"],
    ]) {
      const running = runner.run();
      await runner.stop();
      await running;
      expect(starts).to.deep.equal(wanted);
      if (runner.workers.length === 2) await runner.remove("b");
    }
  });

  @Retry(backoff)
  class Restarted {
    @Worker
    one(context: WorkerContext) {
      return untilStopped(context);
    }
  }
  for (const [which, source, name] of [
    ["the last", named("one"), "one"],
    ["the last of the last class that restarts together", Restarted, "Restarted/one"],
  ] as const) {
    it(`does not end the run if it was ${which}, until stop() is called`, async () => {
      const runner = bootstrap([source], { logger: silent });
      const run = watch(runner.run());
      await runner.remove(name);
      await clock.tickAsync("10:00");
      expect([runner.status(), run.outcome]).to.deep.equal([[], "pending"]);
      await runner.stop();
      expect(run.outcome).to.equal("resolved");
      expect(clock.countTimers()).to.equal(0);
    });
  }

  it("can fail while it stops: the failure is logged, and the others continue", async () => {
    const one = new Stubborn();
    const error = new Error("cannot close");
    const { lines, logger } = recorder();
    const { runner, run } = startOne({ worker: one.run }, logger);
    const removed = watch(runner.remove("one"));
    one.end(error);
    await clock.tickAsync(0);
    expect([removed.outcome, run.outcome]).to.deep.equal(["resolved", "pending"]);
    expect(lines).to.deep.equal([
      ["started 2 workers", undefined],
      ["failed while it stopped; the others go on", "one", error],
    ]);
    await runner.stop();
    expect(run.outcome).to.equal("resolved");
  });

  it("disappears once it stops if it hangs, which is reported after its shutdown timeout; then its name is free", async () => {
    const one = new Stubborn();
    const { lines, logger } = recorder();
    const { runner, run } = startOne({ worker: one.run, shutdownTimeout: "5s" }, logger);
    const removed = watch(runner.remove("one"));
    await clock.tickAsync("00:05");
    expectError(
      removed.outcome,
      ShutdownTimeoutError,
      "1 worker did not stop within 5s: one. Let each watch context.signal, or raise shutdownTimeout",
    );
    await clock.tickAsync("10:00");
    expect(phases(runner)).to.deep.equal({ one: "running", other: "running" });
    expect(thrownBy(() => runner.add(named("one")))).to.be.instanceOf(BootstrapError);
    one.end();
    await clock.tickAsync(0);
    expect(phases(runner)).to.deep.equal({ other: "running" });
    expect(lines.map((line) => [line].flat().slice(0, 2))).to.deep.equal([
      ["started 2 workers", undefined],
      ["is to be removed, but has not stopped in time", "one"],
      ["has stopped after its shutdown timeout", "one"],
    ]);
    runner.add(named("one"));
    expect(runner.status()).to.containSubset([{ name: "other" }, { name: "one", phase: "running", runs: 1 }]);
    expect(run.outcome).to.equal("pending");
    await runner.stop();
    expect(clock.countTimers()).to.equal(0);
  });

  it("does not come back when its class is restarted as a whole", async () => {
    const listener = new Stubborn();
    const events: string[] = [];
    @Named("github")
    @Retry(backoff)
    class Fetcher {
      @Worker
      async stream(context: WorkerContext) {
        events.push("stream starts");
        await untilStopped(context);
        events.push("stream ends");
      }

      @Repeat("1m")
      commits() {
        events.push("commits");
      }

      @Worker
      listen() {
        return listener.run();
      }
    }
    const runner = bootstrap([Fetcher], { logger: silent });
    const run = watch(runner.run());
    await runner.remove("github/stream");
    expect(events).to.deep.equal(["stream starts", "stream ends"]);
    expect(phases(runner)).to.deep.equal({ "github/commits": "waiting", "github/listen": "running" });
    listener.end(new Error("connection lost"));
    await clock.tickAsync("00:10");
    await runner.remove("github/commits");
    await clock.tickAsync("05:00");
    expect([events.length, listener.starts, run.outcome]).to.deep.equal([2, 2, "pending"]);
    expect(phases(runner)).to.deep.equal({ "github/listen": "running" });
    const stopped = runner.stop();
    listener.end();
    await stopped;
  });

  it("leaves nothing behind: no listener, no timer, no memory", async () => {
    const weak: WeakRef<object>[] = [];
    const { signal } = new AbortController();
    const runner = bootstrap([named("other")], { logger: silent, signal });
    const running = runner.run();
    const before = [clock.countTimers(), getEventListeners(signal, "abort").length];
    for (let i = 0; i < 100; i++) {
      const [one] = runner.add(
        named("one", i % 2 === 0 ? { job() {}, repeat: "1m" } : { worker: (context) => untilStopped(context) }),
      );
      if (one !== undefined) weak.push(new WeakRef(one));
      await clock.tickAsync("00:01");
      await runner.remove("one");
    }
    expect([clock.countTimers(), getEventListeners(signal, "abort").length]).to.deep.equal(before);
    expect(phases(runner)).to.deep.equal({ other: "running" });
    clock.restore();
    await collectGarbage();
    expect(weak.filter((reference) => reference.deref() !== undefined)).to.have.length.below(3);
    await runner.stop();
    await running;
  });
});
