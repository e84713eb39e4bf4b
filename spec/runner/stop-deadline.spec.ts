import { expect } from "chai";
import sinon from "sinon";
import {
  type BootstrapOptions,
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  type Duration,
  group,
  named,
  Repeat,
  Retry,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  Timeout,
  Worker,
  type WorkerContext,
  WorkersFailedError,
  wait,
} from "watchbill";

const untilStopped = ({ signal }: WorkerContext) => stopped(signal);

describe("A worker that does not stop in time", () => {
  let clock: sinon.SinonFakeTimers;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  /** When each worker was asked to stop, in s after the start. */
  let stopRequests: Record<string, number>;
  let startedAt: number;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: Date.UTC(2026, 10, 24), toNotFake: ["nextTick", "queueMicrotask"] });
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    stopRequests = {};
    startedAt = Date.now();
  });

  afterEach(async () => {
    // Those that hung have stopped by then.
    await clock.tickAsync("24:00:00");
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  const now = () => (Date.now() - startedAt) / 1_000;

  /** Takes that long to stop. */
  const stoppingFor = (duration: Duration) => async (context: WorkerContext) => {
    await untilStopped(context);
    stopRequests[context.name] = now();
    await wait(duration);
  };

  const worker = (name: string, duration: Duration, options: DeclarativeWorkerOptions = {}) =>
    new DeclarativeWorker({ name, worker: stoppingFor(duration), ...options });

  /** Starts, stops 10 s later, and returns the error of `run()` and when it rejected. */
  async function stopped(sources: object[], options: BootstrapOptions = {}) {
    const runner = bootstrap(sources, { logger, signals: [], ...options });
    const ended = sinon.spy();
    const ending = runner.run().catch((error: unknown) => {
      ended(now() - 10);
      return error;
    });
    await clock.tickAsync("10");
    void runner.stop();
    await clock.tickAsync("10:00");
    return { runner, error: await ending, after: ended.firstCall?.firstArg as unknown };
  }

  class Web {
    @Worker({ shutdownTimeout: "3s" })
    http(context: WorkerContext) {
      return stoppingFor("1h")(context);
    }
  }

  class Cache {
    @Repeat("1m", { startImmediately: true, shutdownTimeout: "3s" })
    refresh(context: WorkerContext) {
      return stoppingFor("1h")(context);
    }
  }

  class Configured {
    workers() {
      return [worker("eu", "1h", { shutdownTimeout: 3_000 })];
    }
  }

  for (const { given, source, seconds } of [
    { given: "the runner's shutdownTimeout", source: worker("hung", "1h"), seconds: 7 },
    { given: "the shutdownTimeout of its @Worker", source: Web, seconds: 3 },
    { given: "the shutdownTimeout of its @Repeat", source: Cache, seconds: 3 },
    {
      given: "the shutdownTimeout of its DeclarativeWorker",
      source: worker("hung", "1h", { shutdownTimeout: "3s" }),
      seconds: 3,
    },
    { given: "the shutdownTimeout of a configurer's DeclarativeWorker", source: Configured, seconds: 3 },
    { given: "its own, longer shutdownTimeout", source: worker("hung", "1h", { shutdownTimeout: "2m" }), seconds: 120 },
    { given: "no time, with a shutdownTimeout of 0", source: worker("hung", "1h", { shutdownTimeout: 0 }), seconds: 0 },
  ]) {
    it(`is reported after ${given}, in any order`, async () => {
      const [{ name = "" } = {}] = bootstrap([source]).workers;
      for (const stopOrder of ["all", "reverse"] as const) {
        startedAt = Date.now();
        const { error, after } = await stopped([source], { stopOrder, shutdownTimeout: "7s" });
        expect(after).to.equal(seconds);
        expect(error).to.be.instanceOf(ShutdownTimeoutError);
        expect(error).to.have.deep.property("hung", [{ worker: name, phase: "running", hungFor: seconds * 1_000 }]);
        await clock.tickAsync("02:00:00");
      }
    });

    it(`delays the source before it by ${given}, in reverse order`, async () => {
      const { error } = await stopped([worker("store", "1s"), source], { stopOrder: "reverse", shutdownTimeout: "7s" });
      expect(stopRequests).to.include({ store: 10 + seconds });
      expect(error).to.have.property("workers").with.lengthOf(1);
    });
  }

  it("is reported with its phase and how long it has hung, once all timeouts have elapsed", async () => {
    const short = worker("short", "1h", { shutdownTimeout: "2s" });
    const { error, after } = await stopped([short, worker("fine", "4s"), worker("long", "1h")], { shutdownTimeout: "7s" });
    expect(after).to.equal(7);
    expect(stopRequests).to.deep.equal({ short: 10, fine: 10, long: 10 });
    expect(error).to.have.property(
      "message",
      "2 workers did not stop within 7s: short, long. Let each watch context.signal, or raise shutdownTimeout",
    );
    expect(error).to.deep.include({
      workers: ["short", "long"],
      hung: [
        { worker: "short", phase: "running", hungFor: 7_000 },
        { worker: "long", phase: "running", hungFor: 7_000 },
      ],
    });
  });

  it("is reported with the time since it was asked to stop, in reverse order", async () => {
    const sources = [worker("store", "1h", { shutdownTimeout: "20s" }), worker("cache", "1s"), worker("queue", "1h")];
    const { error, after } = await stopped(sources, { stopOrder: "reverse", shutdownTimeout: "5s" });
    expect(stopRequests).to.deep.equal({ queue: 10, cache: 15, store: 16 });
    expect(after).to.equal(26);
    expect(error).to.have.deep.property("hung", [
      { worker: "queue", phase: "running", hungFor: 26_000 },
      { worker: "store", phase: "running", hungFor: 20_000 },
    ]);
  });

  it("is reported as overdue if its run has timed out but continues", async () => {
    class Report {
      @Repeat("2s", { shutdownTimeout: "1s" })
      @Timeout("5s")
      build() {
        return wait("1h");
      }
    }
    const { error } = await stopped([Report]);
    expect(error).to.have.deep.property("hung", [{ worker: "Report/build", phase: "overdue", hungFor: 1_000 }]);
  });

  it("has its own name if it is in a group or a class, which hangs after the longest timeout of its workers", async () => {
    @Retry(new StaticBackoff({ sleep: "1s" }))
    class Feed extends Web {
      @Worker({ shutdownTimeout: "9s" })
      patient(context: WorkerContext) {
        return stoppingFor("1h")(context);
      }

      @Worker
      fine(context: WorkerContext) {
        return stoppingFor("1s")(context);
      }
    }
    const pair = group(named(stoppingFor("1h"), "a"), named(stoppingFor("1s"), "b"));
    const sources = [Feed, new DeclarativeWorker({ name: "pair", worker: pair })];
    const { error, after } = await stopped(sources, { shutdownTimeout: "5s" });
    expect(after).to.equal(9);
    expect(error).to.have.deep.property("workers", ["pair/a", "Feed/http", "Feed/patient"]);
    expect(error)
      .to.have.property("hung")
      .that.deep.includes({ worker: "Feed/http", phase: "running", hungFor: 9_000 })
      .and.deep.includes({ worker: "pair/a", phase: "running", hungFor: 9_000 });
  });

  it("is reported in one error with those that failed", async () => {
    const failure = new Error("disk full");
    const failing = new DeclarativeWorker({
      name: "failing",
      worker: async (context) => {
        await untilStopped(context);
        throw failure;
      },
    });
    for (const stopOrder of ["all", "reverse"] as const) {
      const { error } = await stopped([failing, worker("a", "1h"), worker("b", "1h")], { stopOrder, shutdownTimeout: "5s" });
      expect(error).to.be.instanceOf(WorkersFailedError).with.property("cause", failure);
      const names = stopOrder === "all" ? "a, b" : "b, a";
      expect(error).to.have.deep.property("workers", ["failing", names]);
      expect(error).to.have.property(
        "message",
        `2 workers failed:\n  failing: Error: disk full\n  2 workers did not stop within 5s: ${names}. Let each watch context.signal, or raise shutdownTimeout`,
      );
      expect(error).to.have.nested.property("errors[1]").that.is.instanceOf(ShutdownTimeoutError);
      await clock.tickAsync("02:00:00");
    }
  });

  it("is logged when it stops at last, with its error if it fails, and keeps the runner busy until then", async () => {
    const late = new Error("too late");
    const failing = new DeclarativeWorker({
      name: "failing",
      worker: () => wait("30m").then(() => Promise.reject(late)),
    });
    const { runner } = await stopped([worker("sleeper", "1h"), failing], { stopOrder: "reverse", shutdownTimeout: "5s" });
    expect(logger.warn.args).to.deep.equal([]);
    expect(logger.error.args).to.deep.equal([[{}, "stopped, but these workers did not stop in time: sleeper, failing"]]);
    logger.error.resetHistory();
    expect(await runner.run().catch((error: unknown) => error)).to.have.property("name", "RunnerBusyError");
    await clock.tickAsync("02:00:00");
    expect(logger.error.args).to.deep.equal([[{ worker: "failing", err: late }, "exited after the shutdown timeout"]]);
    expect(logger.warn.args).to.deep.equal([[{ worker: "sleeper" }, "exited after the shutdown timeout"]]);
    const again = runner.run().catch((error: unknown) => error);
    void runner.stop();
    await clock.tickAsync("10");
    expect(await again).to.be.instanceOf(ShutdownTimeoutError);
  });

  it("is not reported if it stops within its timeout, even in the last ms", async () => {
    const { error } = await stopped([worker("a", 6_999), worker("b", "1m", { shutdownTimeout: 60_001 })], {
      shutdownTimeout: "7s",
    });
    expect(error).to.equal(undefined);
  });

  it("leaves no timer behind in a nested runner, which then stops the workers whose turn had not come", async () => {
    const hangs = new DeclarativeWorker({ name: "hangs", worker: () => new Promise(() => {}) });
    const inner = bootstrap([worker("store", 0), hangs], { logger, signals: [], stopOrder: "reverse", shutdownTimeout: "1h" });
    const outer = new DeclarativeWorker({ name: "outer", worker: inner });
    const runner = bootstrap([outer], { logger, signals: [], shutdownTimeout: "1s" });
    const ended = runner.run().catch((error: unknown) => error);
    await clock.tickAsync("10");
    void runner.stop();
    await clock.tickAsync("01");
    expect(await ended).to.be.instanceOf(ShutdownTimeoutError);
    expect(stopRequests).to.deep.equal({ "outer/store": 11 });
    await clock.tickAsync(1);
    expect(clock.countTimers()).to.equal(0);
  });
});
