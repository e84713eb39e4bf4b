import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  DoNotRestart,
  InvalidArgumentError,
  type JobFunc,
  Named,
  Repeat,
  Retry,
  repeat,
  retry,
  StaticBackoff,
  TimeoutError,
  Worker,
  WorkerNotRunningError,
  wait,
} from "watchbill";
import { expectError, Stubborn, silent, untilStopped, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "30s" });

describe("A triggered run", () => {
  let clock: SinonFakeTimers;
  /** In whole seconds, as immediates take 1 ms on fake timers. */
  let starts: number[];

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    starts = [];
  });

  afterEach(() => clock.restore());

  /** A job every minute whose starts are recorded, and its runner. */
  function running(code: JobFunc = () => {}, options: DeclarativeWorkerOptions = {}) {
    const runner = bootstrap([new DeclarativeWorker({ name: "fetch", job: recorded(code), repeat: "1m", ...options })], {
      logger: silent,
    });
    return { runner, run: watch(runner.run()) };
  }

  function recorded(code: JobFunc): JobFunc {
    return (context) => {
      starts.push(Math.floor(Date.now() / 1_000));
      return code(context);
    };
  }

  it("is shared by 200,000 calls while another run is in progress", async () => {
    const { runner } = running(() => wait("5s"));
    const first = watch(runner.trigger("fetch"));
    await clock.tickAsync(1);
    const others = Array.from({ length: 200_000 }, () => runner.trigger("fetch"));
    await clock.tickAsync(5_000);
    expect(first.outcome).to.equal("resolved");
    expect(starts).to.deep.equal([0, 5]);
    await clock.tickAsync(5_000);
    await Promise.all(others);
    expect(starts).to.deep.equal([0, 5]);
    await runner.stop();
  });

  it("settles 200,000 calls with its error, or with the stop reason", async () => {
    const error = new Error("HTTP 503");
    const { runner } = running(() => wait("5s").then(() => Promise.reject(error)), { retry: backoff });
    const outcomes = async (promises: Promise<void>[]) => {
      const settled = await Promise.allSettled(promises);
      return new Set(settled.map((each) => (each.status === "rejected" ? each.reason : "resolved")));
    };
    const failed = Array.from({ length: 200_000 }, () => runner.trigger("fetch"));
    await clock.tickAsync(5_001);
    expect([...(await outcomes(failed))]).to.deep.equal([error]);
    const stopped = Array.from({ length: 200_000 }, () => runner.trigger("fetch"));
    void runner.stop();
    await clock.tickAsync(10_000);
    const [reason, ...rest] = await outcomes(stopped);
    expect(reason).to.include({ name: "AbortError" });
    expect(rest).to.deep.equal([]);
  });

  it("starts immediately, resolves when it ends, and does not shift the grid", async () => {
    const { runner } = running(() => wait("5s"));
    await clock.tickAsync("00:10");
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync(4_999);
    expect(triggered.outcome).to.equal("pending");
    await clock.tickAsync(1);
    expect(triggered.outcome).to.equal("resolved");
    expect(runner.status()[0]).to.deep.include({ phase: "waiting", runs: 1, lastStart: 10_000, nextDue: 60_000 });
    await clock.tickAsync("02:00");
    expect(starts).to.deep.equal([10, 60, 120]);
    await runner.stop();
  });

  it("does not replace the first run after an initial delay", async () => {
    const { runner } = running(undefined, { repeat: { interval: "1m", initialDelay: "10m" } });
    await clock.tickAsync("00:10");
    void runner.trigger("fetch");
    await clock.tickAsync("11:00");
    expect(starts).to.deep.equal([10, 600, 660]);
    await runner.stop();
  });

  it("rejects with its error by identity, and the worker is retried as usual", async () => {
    const error = new Error("HTTP 503");
    const { runner } = running(
      () => {
        if (starts.length === 1) throw error;
      },
      { retry: backoff },
    );
    await clock.tickAsync("00:10");
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync(0);
    expect(triggered.outcome).to.equal(error);
    expect(runner.status()[0]).to.deep.include({ phase: "backoff", failures: 1, attempt: 1, nextDue: 40_000 });
    await clock.tickAsync("01:30");
    expect(starts).to.deep.equal([10, 100]);
    await runner.stop();
  });

  it("rejects with its error by identity, and the worker fails as usual if it has no retry", async () => {
    const error = new Error("HTTP 503");
    const { runner, run } = running(() => Promise.reject(error));
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync(0);
    expect(triggered.outcome).to.equal(error);
    expect(run.outcome).to.have.property("errors").that.deep.equals([error]);
  });

  it("is the next one if a run is in progress, and is shared by all callers", async () => {
    let most = 0;
    let now = 0;
    const { runner } = running(async () => {
      most = Math.max(most, ++now);
      await wait("20s");
      now--;
    });
    await clock.tickAsync("01:05");
    const triggered = [watch(runner.trigger("fetch")), watch(runner.trigger("fetch"))];
    await clock.tickAsync("00:34");
    expect(triggered.map(({ outcome }) => outcome)).to.deep.equal(["pending", "pending"]);
    await clock.tickAsync("00:02");
    expect(triggered.map(({ outcome }) => outcome)).to.deep.equal(["resolved", "resolved"]);
    await clock.tickAsync("00:40");
    expect(starts).to.deep.equal([60, 80, 120]);
    expect(most).to.equal(1);
    await runner.stop();
  });

  it("ends a backoff immediately, and if requested during a run replaces the next backoff", async () => {
    const { runner } = running(
      async () => {
        await wait("1s");
        if (starts.length < 3) throw new Error("HTTP 503");
      },
      { retry: backoff },
    );
    await clock.tickAsync("01:05");
    expect(runner.status()[0]).to.deep.include({ phase: "backoff", attempt: 1 });
    const failed = watch(runner.trigger("fetch"));
    await clock.tickAsync(500);
    const asked = watch(runner.trigger("fetch"));
    await clock.tickAsync(2_000);
    expect(failed.outcome).to.have.property("message", "HTTP 503");
    expect(asked.outcome).to.equal("resolved");
    expect(starts).to.deep.equal([60, 65, 66]);
    expect(runner.status()[0]).to.deep.include({ phase: "waiting", failures: 2, attempt: 0 });
    await runner.stop();
  });

  it("runs once for a paused worker, which stays paused", async () => {
    const { runner } = running();
    await runner.pause("fetch");
    await clock.tickAsync("00:10");
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync("10:00");
    expect(triggered.outcome).to.equal("resolved");
    expect(starts).to.deep.equal([10]);
    expect(runner.status()[0]).to.deep.include({ phase: "paused", runs: 1, nextDue: null });
    await runner.stop();
  });

  it("makes all its attempts for a paused worker, each after its backoff", async () => {
    const { runner } = running(() => (starts.length < 3 ? Promise.reject(new Error("no luck")) : undefined), {
      retryJob: backoff,
    });
    await runner.pause("fetch");
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync("00:59");
    expect(triggered.outcome).to.equal("pending");
    expect(runner.status()[0]).to.deep.include({ phase: "backoff", nextDue: 60_000 });
    await clock.tickAsync("00:02");
    expect(triggered.outcome).to.equal("resolved");
    expect(starts).to.deep.equal([0, 30, 60]);
    expect(runner.status()[0]).to.deep.include({ phase: "paused", runs: 1 });
  });

  it("suspends its further attempts at a later pause", async () => {
    const { runner } = running(() => Promise.reject(new Error("no luck")), { retryJob: backoff });
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync("00:40");
    const paused = watch(runner.pause("fetch"));
    await clock.tickAsync("01:00:00");
    expect([triggered.outcome, paused.outcome]).to.deep.equal(["pending", "resolved"]);
    expect(starts).to.deep.equal([0, 30]);
    expect(runner.status()[0]).to.deep.include({ phase: "paused", nextDue: null });
    runner.resume("fetch");
    await clock.tickAsync(1);
    expect(starts.length).to.equal(3);
  });

  it("rejects as soon as it times out, and the next run waits until it has ended", async () => {
    const { runner } = running(() => wait("20s"), { timeout: "5s", retry: backoff });
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync(4_999);
    expect(triggered.outcome).to.equal("pending");
    await clock.tickAsync(1);
    expect(triggered.outcome).to.be.instanceOf(TimeoutError);
    expect(runner.status()[0]).to.deep.include({ phase: "overdue" });
    void runner.trigger("fetch").catch(() => {});
    await clock.tickAsync("00:16");
    expect(starts).to.deep.equal([0, 20]);
    const stopped = runner.stop();
    await clock.tickAsync("00:20");
    await stopped;
  });

  it("makes all its attempts, and resolves if the last one succeeds", async () => {
    const { runner } = running(
      () => {
        if (starts.length < 3) throw new Error("greylisted");
      },
      { retryJob: backoff },
    );
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync("00:59");
    expect(triggered.outcome).to.equal("pending");
    await clock.tickAsync("00:01");
    expect(triggered.outcome).to.equal("resolved");
    await runner.stop();
  });

  for (const [why, error] of [
    ["it has failed", new Error("HTTP 503")],
    ["it has completed", new DoNotRestart()],
  ] as const) {
    it(`that is pending rejects if ${why}`, async () => {
      const { runner } = running(() => wait("5s").then(() => Promise.reject(error)));
      await clock.tickAsync("01:01");
      const triggered = watch(runner.trigger("fetch"));
      await clock.tickAsync("00:05");
      expectError(triggered.outcome, WorkerNotRunningError, `fetch cannot be triggered: ${why}`);
    });
  }

  it("does not shift the times of a schedule", async () => {
    const schedule = { next: (after: Date) => new Date((Math.floor(after.getTime() / 3_600_000) + 1) * 3_600_000) };
    const { runner } = running(undefined, { repeat: { schedule } });
    await clock.tickAsync("10:00");
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync(0);
    expect(triggered.outcome).to.equal("resolved");
    expect(runner.status()[0]).to.deep.include({ phase: "waiting", nextDue: 3_600_000 });
    await clock.tickAsync("02:00:00");
    expect(starts).to.deep.equal([600, 3600, 7200]);
    await runner.stop();
  });

  it("is possible for a manually composed chain", async () => {
    const worker = retry(repeat("1m", recorded(untilStopped)), backoff);
    const runner = bootstrap([new DeclarativeWorker({ name: "fetch", worker })], { logger: silent });
    void runner.run();
    void runner.trigger("fetch").catch(() => {});
    await clock.tickAsync("00:01");
    expect(starts).to.deep.equal([0]);
    await runner.stop();
  });

  it("is possible for a class whose workers restart together, before and after a restart", async () => {
    const listener = new Stubborn();
    @Named("github")
    @Retry(backoff)
    class Fetcher {
      @Repeat("1m")
      commits() {
        starts.push(Math.floor(Date.now() / 1_000));
      }

      @Worker
      events() {
        return listener.run();
      }
    }
    const runner = bootstrap([Fetcher], { logger: silent });
    void runner.run();
    const before = watch(runner.trigger("github/commits"));
    await clock.tickAsync("00:10");
    listener.end(new Error("connection lost"));
    await clock.tickAsync("00:35");
    const after = watch(runner.trigger("github/commits"));
    await clock.tickAsync("00:05");
    expect([before.outcome, after.outcome]).to.deep.equal(["resolved", "resolved"]);
    expect(starts).to.deep.equal([0, 45]);
    const stopped = runner.stop();
    listener.end();
    await stopped;
  });

  it("is rejected for a worker that is not repeated", async () => {
    const runner = bootstrap([new DeclarativeWorker({ name: "listen", worker: untilStopped })], { logger: silent });
    void runner.run();
    const triggered = watch(runner.trigger("listen"));
    await clock.tickAsync(0);
    expectError(
      triggered.outcome,
      InvalidArgumentError,
      "listen cannot be triggered: it is not a repeated job, but runs until it is stopped; restart it instead",
    );
    await runner.stop();
  });
});
