import { getEventListeners } from "node:events";
import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  InvalidArgumentError,
  repeat,
  retry,
  retryJob,
  runAllJobs,
  runAllWorkers,
  StaticBackoff,
  StopAll,
  stopped,
  type Worker,
  type WorkerContext,
} from "watchbill";

describe("A chain element that is run directly", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  const backoff = new StaticBackoff({ sleep: "1s" });

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(() => clock.restore());

  describe("in a context that is not from the library", () => {
    const foreign = () => ({ signal: stop.signal, name: "x", attempt: 7, logger, reportHealth: sinon.spy() });

    it("inherits the name, attempt and logger of that context", async () => {
      const context = foreign();
      let seen: object | undefined;
      const running = repeat("1s", ({ name, attempt, logger: own }) => {
        seen = { name, attempt };
        own.info({ commits: 3 }, "fetched");
        stop.abort();
      }).run(context);
      await clock.tickAsync(1_000);
      await running;
      expect(seen).to.deep.equal({ name: "x", attempt: 7 });
      expect(logger.info.args).to.deep.equal([[{ worker: "x", commits: 3 }, "fetched"]]);
    });

    it("forwards reportHealth with the error by identity, and without an error if there is none", async () => {
      const context = foreign();
      const error = new Error("lagging");
      await retry((own) => {
        own.reportHealth();
        own.reportHealth(error);
        stop.abort();
      }, backoff).run(context);
      expect(context.reportHealth.args).to.deep.equal([[], [error]]);
      expect(context.reportHealth.secondCall.firstArg).to.equal(error);
    });

    it("stops with it, with the same reason, and leaves no listener on its signal", async () => {
      const reason = new Error("shutting down");
      let seen: unknown;
      const running = retry(async ({ signal }) => {
        await stopped(signal);
        seen = signal.reason;
      }, backoff).run(foreign());
      expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(1);
      stop.abort(reason);
      await running;
      expect(seen).to.equal(reason);
      expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
      expect(clock.countTimers()).to.equal(0);
    });

    it("leaves no listener behind when it ends by itself", async () => {
      await Promise.resolve(
        repeat("1s", () => Promise.reject(new Error("no luck")), { startImmediately: true }).run(foreign()),
      ).catch(() => {});
      expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
    });
  });

  describe("in a context that has only a signal", () => {
    it("has no name, attempt 0, and a reportHealth without effect", async () => {
      let seen: object | undefined;
      const running = repeat("1s", (context) => {
        context.reportHealth();
        context.reportHealth(new Error("lagging"));
        seen = { name: context.name, attempt: context.attempt };
        stop.abort();
      }).run({ signal: stop.signal } as never);
      await clock.tickAsync(1_000);
      await running;
      expect(seen).to.deep.equal({ name: "", attempt: 0 });
    });

    it("writes to stderr, without a name", async () => {
      const write = sinon.stub(process.stderr, "write");
      try {
        const running = retry(() => Promise.reject(new Error("no luck")), backoff).run({ signal: stop.signal } as never);
        await clock.tickAsync(500);
        stop.abort();
        await running;
        const [line = "", error] = String(write.firstCall.firstArg).split("\n");
        expect(line.startsWith("1970-01-01T00:00:00.000Z WARN failed (attempt 1), restarting in 1s")).to.equal(true);
        expect(error).to.equal("    Error: no luck");
      } finally {
        write.restore();
      }
    });

    it("runs a job once", async () => {
      const job = sinon.stub<[WorkerContext], unknown>().onFirstCall().rejects(new Error("no luck"));
      const running = retryJob(job, new StaticBackoff({ sleep: 0 })).runOnce({ signal: stop.signal, logger } as never);
      await clock.tickAsync(10);
      await running;
      expect(job.callCount).to.equal(2);
    });
  });

  describe("with a misspelt option", () => {
    const element = repeat("1s", () => {});
    const refusals: [string, (options: object) => unknown][] = [
      ["a chain element", (options) => element.run(options as never)],
      ["runAllWorkers", (options) => runAllWorkers([element], options)],
      ["runAllJobs", (options) => runAllJobs([() => {}], options)],
      ["a runner", (options) => bootstrap([new DeclarativeWorker({ name: "x", worker: element })], { logger }).run(options)],
    ];
    const thrownBy = async (run: () => unknown) => {
      try {
        return await run();
      } catch (thrown) {
        return thrown;
      }
    };

    for (const [what, run] of refusals) {
      for (const [key, meant] of [
        ["signl", "signal"],
        ["singal", "signal"],
        ["signals", "signal"],
        ["loger", "logger"],
        ["Logger", "logger"],
      ] as const) {
        it(`is rejected, and suggests the right option: ${what}, ${key}`, async () => {
          const options = { [key]: meant === "signal" ? stop.signal : logger };
          const error = await thrownBy(() => run(options));
          expect(error).to.be.instanceOf(InvalidArgumentError);
          expect(error).to.have.property("message", `The context has no option "${key}": did you mean ${meant}?`);
          expect(clock.countTimers()).to.equal(0);
        });
      }
    }

    it("is rejected in a copy of a worker's context too, and in an object derived from one", async () => {
      const errors: unknown[] = [];
      const worker = async (context: WorkerContext) => {
        const derived: object = Object.create(context);
        errors.push(
          await thrownBy(() => element.run({ ...context, signl: stop.signal } as never)),
          await thrownBy(() => runAllJobs([() => {}], Object.assign(derived, { loger: logger }) as never)),
        );
        await stopped(context.signal);
      };
      const running = runAllWorkers([worker], { signal: stop.signal, logger });
      await clock.tickAsync(1);
      stop.abort();
      await running;
      expect(errors.map((error) => error instanceof Error && error.message)).to.deep.equal([
        'The context has no option "signl": did you mean signal?',
        'The context has no option "loger": did you mean logger?',
      ]);
    });

    for (const [what, more] of [
      ["far from any", { tenant: "acme", log: [], abortSignal: 1 }],
      ["near one, but of another kind", { signed: true, signup: new Date(0), logged: 1, ledger: {}, longer: "x" }],
      ["a misspelling of one that is there", { signal: new AbortController().signal, signals: new AbortController().signal }],
    ] as const) {
      it(`is not reported for other keys of the user's context: ${what}`, async () => {
        await runAllJobs([() => {}], more as never);
        await runAllJobs([() => {}], Object.assign(Object.create({ signal: stop.signal, logger }), more));
      });
    }

    it("is not reported in a context whose keys cannot be listed", async () => {
      const options = new Proxy<object>({}, { ownKeys: () => expect.fail("listed") });
      await runAllJobs([() => {}], options);
    });
  });

  it("starts nothing in a context that has been aborted", async () => {
    stop.abort();
    const worker = sinon.spy();
    await retry(worker, backoff).run({ signal: stop.signal } as never);
    await repeat("1s", worker, { startImmediately: true }).run({ signal: stop.signal } as never);
    expect(worker.called).to.equal(false);
    expect(clock.countTimers()).to.equal(0);
  });

  describe("by a worker of a class, in the context of that worker,", () => {
    class Fetcher implements Worker {
      readonly job: sinon.SinonStub<[WorkerContext], unknown> = sinon.stub();

      async run(context: WorkerContext) {
        await repeat("10s", this.job).run(context);
      }
    }

    it("is a part of that worker: it has its name and stops with it", async () => {
      const fetcher = new Fetcher();
      const running = runAllWorkers([fetcher], { signal: stop.signal, logger });
      await clock.tickAsync(25_000);
      stop.abort();
      await running;
      expect(clock.countTimers()).to.equal(0);
      expect(fetcher.job.callCount).to.equal(2);
      expect(fetcher.job.firstCall.firstArg.name).to.equal("Fetcher");
    });

    it("reports its runs to the health and the retry of that worker", async () => {
      const fetcher = new Fetcher();
      fetcher.job.onSecondCall().rejects(new Error("no luck"));
      fetcher.job.onCall(3).rejects(new Error("no luck again"));
      const worker = new DeclarativeWorker({ name: "x", worker: fetcher, retry: backoff });
      const runner = bootstrap([worker], { signal: stop.signal, logger });
      const running = runner.run();
      await clock.tickAsync(10_000);
      expect(runner.status()[0]).to.include({ health: "ok" });
      await clock.tickAsync(10_000);
      expect(runner.status()[0]).to.include({ health: "firing", attempt: 1, lastError: "Error: no luck" });
      await clock.tickAsync(11_000);
      expect(runner.status()[0]).to.include({ health: "ok", attempt: 0 });
      await clock.tickAsync(10_000);
      expect(runner.status()[0]).to.include({ health: "firing", attempt: 1, lastError: "Error: no luck again" });
      stop.abort();
      await running;
    });

    it("adds its runs to those of that worker when it ends, and not its failure, which the worker may catch", async () => {
      const worker = async (context: WorkerContext) => {
        const job = sinon.stub().onThirdCall().rejects(new Error("no luck"));
        await Promise.resolve(repeat("10s", job).run(context)).catch(() => {});
        await stopped(context.signal);
      };
      const runner = bootstrap([new DeclarativeWorker({ name: "x", worker })], { signal: stop.signal, logger });
      const running = runner.run();
      await clock.tickAsync(25_000);
      expect(runner.status()[0]).to.include({ runs: 1, failures: 0, health: "ok" });
      await clock.tickAsync(10_000);
      expect(runner.status()[0]).to.include({ runs: 4, failures: 0, health: "ok" });
      stop.abort();
      await running;
      expect(runner.status()[0]).to.include({ runs: 4, failures: 0, health: "ok" });
    });

    it("stops the whole runner if its job throws StopAll", async () => {
      const fetcher = new Fetcher();
      fetcher.job.rejects(new StopAll("no licence"));
      const other = new DeclarativeWorker({ name: "other", worker: ({ signal }) => stopped(signal) });
      const runner = bootstrap([new DeclarativeWorker({ name: "x", worker: fetcher }), other], { logger });
      const running = runner.run();
      await clock.tickAsync(10_000);
      await running;
      expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["stopped", "stopped"]);
    });

    it("propagates its error by identity", async () => {
      const error = new Error("no luck");
      const fetcher = new Fetcher();
      fetcher.job.rejects(error);
      const failed = runAllWorkers([fetcher], { logger }).catch((caught: unknown) => caught);
      await clock.tickAsync(10_000);
      expect(await failed).to.have.property("cause", error);
    });
  });

  it("can be started any number of times, even concurrently", async () => {
    const job = sinon.spy();
    const element = repeat("1s", job);
    const runs = [1, 2, 3].map(async () => element.run({ signal: stop.signal } as never));
    await clock.tickAsync(1_000);
    expect(job.callCount).to.equal(3);
    stop.abort();
    await Promise.all(runs);
  });
});
