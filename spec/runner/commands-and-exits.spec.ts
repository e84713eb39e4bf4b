import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  Repeat,
  Retry,
  type Runner,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  WorkerNotRunningError,
  wait,
} from "watchbill";
import { escapedFrom } from "../unhandled-rejections.fixture.js";
import { expectError, recorder, Stubborn, silent, start, startOne, untilStopped, watch } from "./commands.fixture.js";

describe("Commands to workers that complete, or that do not stop in time:", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  /** A worker that completes immediately and leaves its signals behind. */
  function completing() {
    const signals: AbortSignal[] = [];
    const worker = ({ signal }: WorkerContext) => {
      signals.push(signal);
      throw new DoNotRestart("all is migrated");
    };
    return { signals, worker };
  }

  it("remove and restart stop what a completed worker has left running under its signal", async () => {
    for (const command of ["remove", "restart"] as const) {
      const { signals, worker } = completing();
      const { runner } = startOne({ worker });
      await clock.tickAsync(0);
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false]);
      await runner[command]("one");
      expect(signals[0]?.reason).to.include({
        name: "AbortError",
        message: `one was ${command === "remove" ? "removed" : "restarted"}`,
      });
      await runner.stop();
    }
  });

  it("a worker that removes itself while the runner around it restarts its own runner is gone, and runs once if it is added again", async () => {
    let calls = 0;
    let most = 0;
    const inner: Runner = bootstrap(
      [
        new DeclarativeWorker({
          name: "one",
          async worker({ signal }) {
            most = Math.max(most, ++calls);
            signal.addEventListener("abort", () => void inner.remove("one"), { once: true });
            await stopped(signal);
            await wait(10);
            calls--;
          },
        }),
        new DeclarativeWorker({ name: "two", worker: ({ signal }: WorkerContext) => stopped(signal) }),
      ],
      { logger: silent },
    );
    const outer = bootstrap([new DeclarativeWorker({ name: "inner", worker: inner })], { logger: silent, signals: [] });
    const running = outer.run();
    const [one] = inner.workers;
    await Promise.all([outer.restart("inner"), clock.tickAsync(10)]);
    expect(inner.workers.map(({ name }) => name)).to.deep.equal(["two"]);
    expect(calls).to.equal(0);
    inner.add(one ?? {});
    await clock.tickAsync(1);
    expect([calls, most]).to.deep.equal([1, 1]);
    await Promise.all([outer.stop(), clock.tickAsync(10)]);
    await running;
  });

  it("a worker that completes while it is paused stays completed", async () => {
    const { runner } = startOne({
      async worker({ signal }) {
        await stopped(signal);
        throw new DoNotRestart("all is migrated");
      },
    });
    await runner.pause("one");
    expect(runner.status()[0]).to.include({ phase: "stopped", runs: 1 });
    expect(() => runner.resume("one")).to.throw(WorkerNotRunningError, "it has completed");
    await runner.stop();
  });

  it("restart starts a worker again that completes as it stops", async () => {
    let starts = 0;
    const { runner } = startOne({
      async worker({ signal }) {
        starts++;
        await stopped(signal);
        throw new DoNotRestart("all is migrated");
      },
    });
    await runner.restart("one");
    expect(starts).to.equal(2);
    expect(runner.status()[0]).to.include({ phase: "running", runs: 2 });
    await runner.stop();
  });

  it("remove goes on when the worker, which was paused before, is resumed", async () => {
    const stubborn = new Stubborn();
    const { runner } = startOne({ worker: stubborn.run });
    const paused = watch(runner.pause("one"));
    const removed = watch(runner.remove("one"));
    runner.resume("one");
    await clock.tickAsync(0);
    expect(removed.outcome).to.equal("pending");
    expectError(paused.outcome, WorkerNotRunningError, "one cannot be paused: it was removed meanwhile");
    stubborn.end();
    await clock.tickAsync(0);
    expect(removed.outcome).to.equal("resolved");
    expect(runner.workers.map(({ name }) => name)).to.deep.equal(["other"]);
    await runner.stop();
  });

  it("restart waits anew after an earlier restart was late", async () => {
    const stubborn = new Stubborn();
    const { runner } = startOne({ worker: stubborn.run, shutdownTimeout: "5s" });
    const first = watch(runner.restart("one"));
    await clock.tickAsync("05");
    expect(first.outcome).to.be.instanceOf(ShutdownTimeoutError);
    const second = watch(runner.restart("one"));
    await clock.tickAsync("04");
    expect(second.outcome).to.equal("pending");
    stubborn.end();
    await clock.tickAsync(0);
    expect(second.outcome).to.equal("resolved");
    expect(stubborn.starts).to.equal(2);
    void runner.stop();
    stubborn.end();
  });

  it("a worker that stops in time for a pause, a restart or a removal is not logged", async () => {
    const { lines, logger } = recorder();
    const { runner } = startOne({ worker: untilStopped }, logger);
    await runner.pause("one");
    runner.resume("one");
    await runner.restart("one");
    await runner.remove("one");
    await clock.tickAsync("10:00");
    expect(lines.slice(1)).to.deep.equal([]);
    await runner.stop();
  });

  it("a requested run that hangs rejects when the runner no longer waits for it", async () => {
    const job = () => new Promise(() => {});
    const { runner, run } = startOne({ job, repeat: "1h", shutdownTimeout: "5s" });
    const triggered = watch(runner.trigger("one"));
    await clock.tickAsync("01");
    void runner.stop();
    await clock.tickAsync("05");
    expect(run.outcome).to.be.instanceOf(ShutdownTimeoutError);
    expect(triggered.outcome).to.be.instanceOf(ShutdownTimeoutError);
  });

  it("a restart in a nested runner rejects when the runner around it no longer waits for that", async () => {
    const hangs = new DeclarativeWorker({ name: "hangs", worker: () => new Promise(() => {}) });
    const { lines, logger } = recorder();
    const inner = bootstrap([hangs], { logger, signals: [], shutdownTimeout: "1h" });
    const { runner, run } = start([new DeclarativeWorker({ name: "outer", worker: inner })], { shutdownTimeout: "10s", logger });
    const restarted = watch(inner.restart("hangs"));
    void runner.stop();
    await clock.tickAsync("09");
    expect(restarted.outcome).to.equal("pending");
    // By the outer runner alone.
    expect(lines.filter((line) => String(line).includes("still stopping"))).to.deep.equal([
      ["still stopping after 5s: outer/hangs", undefined],
    ]);
    await clock.tickAsync("01");
    expect(run.outcome).to.be.instanceOf(ShutdownTimeoutError);
    expect(restarted.outcome).to.be.instanceOf(ShutdownTimeoutError);
  });

  it("a requested run that fails does not end the process if its caller ignores the promise", async () => {
    const escaped = await escapedFrom(async () => {
      const job = () => Promise.reject(new Error("no luck"));
      const { runner } = startOne({ job, repeat: "1h", retry: new StaticBackoff({ sleep: "1h" }) });
      void runner.trigger("one");
      await clock.tickAsync("01");
      await runner.stop();
    });
    expect(escaped).to.deep.equal([]);
  });

  it("remove leaves nothing of a class whose workers have completed, and logs nothing", async () => {
    @Retry(new StaticBackoff({ sleep: "1s" }))
    class Migration {
      @Worker({ restart: "on-failure" })
      async migrate() {}
    }
    const { lines, logger } = recorder();
    const { runner, run } = start([Migration, new DeclarativeWorker({ name: "other", worker: untilStopped })], { logger });
    await clock.tickAsync("01");
    await runner.remove("Migration/migrate");
    await clock.tickAsync("10:00");
    expect(lines.slice(1)).to.deep.equal([]);
    await runner.stop();
    await clock.tickAsync(0);
    expect(run.outcome).to.equal("resolved");
  });

  it("a class that hangs when the runner stops is not logged as one that cannot be restarted", async () => {
    @Retry(new StaticBackoff({ sleep: "1s" }))
    class Stuck {
      @Worker
      hang() {
        return new Promise<void>(() => {});
      }
    }
    const { lines, logger } = recorder();
    const { runner, run } = start([Stuck], { logger, shutdownTimeout: "2s" });
    await clock.tickAsync("01");
    void runner.stop();
    await clock.tickAsync("10");
    expect(run.outcome).to.be.instanceOf(ShutdownTimeoutError);
    expect(String(lines)).to.not.include("cannot be restarted");
  });

  it("a group is firing when one of its workers has reported a problem", async () => {
    const reporting = ({ reportHealth, signal }: WorkerContext) => {
      reportHealth(new Error("lagging"));
      return stopped(signal);
    };
    const inner = bootstrap([new DeclarativeWorker({ name: "inner", worker: reporting })], { logger: silent, signals: [] });
    const { runner } = start([new DeclarativeWorker({ name: "outer", worker: inner })]);
    await clock.tickAsync("01");
    expect(runner.status()[0]).to.include({ health: "firing", lastError: "Error: lagging" });
    await runner.stop();
  });

  it("trigger rejects for a completed worker of a class, also during the backoff of the class", async () => {
    @Retry(new StaticBackoff({ sleep: "1h" }))
    class Mixed {
      @Repeat("1h", { startImmediately: true })
      migrate() {
        throw new DoNotRestart("all is migrated");
      }

      @Worker
      async fail() {
        await wait("1s");
        throw new Error("no luck");
      }
    }
    const { runner } = start([Mixed]);
    const refusal = "Mixed/migrate cannot be triggered: it has completed; restart it to run it again";
    for (const phase of ["running", "backoff"]) {
      await clock.tickAsync(phase === "running" ? 0 : 2_000);
      expect(runner.status()[1]).to.include({ phase });
      const triggered = watch(runner.trigger("Mixed/migrate"));
      await clock.tickAsync(0);
      expectError(triggered.outcome, WorkerNotRunningError, refusal);
    }
    await runner.stop();
  });
});
