import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  DoNotRestart,
  InvalidArgumentError,
  type JobFunc,
  observe,
  repeat,
  retryJob,
  StaticBackoff,
  stopped,
  TimeoutError,
  timeout,
  type WorkerContext,
  wait,
} from "watchbill";

describe("timeout", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  const message = "A run of x took longer than 30s: let it watch context.signal, or raise its timeout";

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    stop = new AbortController();
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(() => clock.restore());

  const context = () => ({ signal: stop.signal, name: "x", attempt: 0, logger, reportHealth() {} });
  const outcomeOf = (job: JobFunc) => Promise.resolve(timeout(job, "30s").runOnce(context())).catch((error: unknown) => error);

  function runnerOf(options: DeclarativeWorkerOptions) {
    return bootstrap([new DeclarativeWorker({ name: "x", repeat: "1m", timeout: "30s", ...options })], { logger });
  }

  it("does not affect a run that ends in time, and leaves no timer behind", async () => {
    const running = outcomeOf(() => wait("29s"));
    await clock.tickAsync("29");
    expect(await running).to.equal(undefined);
    expect(clock.countTimers()).to.equal(0);
  });

  it("propagates the error of a run that fails in time", async () => {
    const error = new Error("no");
    expect(await outcomeOf(() => Promise.reject(error))).to.equal(error);
    expect(clock.countTimers()).to.equal(0);
  });

  it("aborts the signal of that run only, with a TimeoutError", async () => {
    const signals: AbortSignal[] = [];
    const runner = runnerOf({
      async job({ signal }) {
        signals.push(signal);
        await wait(signals.length === 1 ? "1h" : "1s", { signal });
      },
      retry: new StaticBackoff({ sleep: "1s" }),
    });
    const running = runner.run();
    await clock.tickAsync("03:00");
    expect(signals).to.have.length(2);
    expect(signals[0]?.reason).to.be.instanceOf(TimeoutError).and.to.include({ name: "TimeoutError", message, worker: "x" });
    expect(signals[1]?.reason).to.not.be.instanceOf(TimeoutError);
    await runner.stop();
    await running;
  });

  it("stops what a run has left running under its signal", async () => {
    const left: string[] = [];
    const reason = await outcomeOf(async ({ signal }) => {
      signal.addEventListener("abort", () => left.push(String(signal.reason)));
    });
    expect(reason).to.equal(undefined);
    expect(left).to.deep.equal(["AbortError: The run of x is over"]);
  });

  for (const [what, end] of [
    ["returns", async () => {}],
    ["rejects with the signal's reason", async ({ signal }: WorkerContext) => signal.throwIfAborted()],
    ["rejects with an error of its own", () => Promise.reject(new Error("half a file"))],
  ] as const) {
    it(`fails the run, even if it ${what} after the abort`, async () => {
      const running = outcomeOf(async (given) => {
        await stopped(given.signal);
        await end(given);
      });
      await clock.tickAsync("30");
      expect(await running)
        .to.be.instanceOf(TimeoutError)
        .with.property("message", message);
    });
  }

  it("fails the run immediately; the run is overdue until it settles, and the next one waits for it", async () => {
    const starts: number[] = [];
    const runner = runnerOf({
      async job() {
        starts.push(Date.now() / 60_000);
        // Ignores the signal.
        if (starts.length === 1) await wait("10m");
      },
      retry: new StaticBackoff({ sleep: "1s" }),
    });
    const running = runner.run();
    await clock.tickAsync("01:29");
    expect(runner.status()[0]).to.deep.include({ phase: "running", health: "init" });
    await clock.tickAsync("00:01");
    expect(runner.status()[0]).to.deep.include({
      phase: "overdue",
      health: "firing",
      failures: 1,
      lastError: `TimeoutError: ${message}`,
    });
    await clock.tickAsync("04");
    expect(logger.warn.called).to.equal(false);
    await clock.tickAsync("01");
    const overdue = "timed out after 30s and is still running; the next run waits for it: let it watch its signal";
    expect(logger.warn.args).to.deep.equal([[{ worker: "x" }, overdue]]);
    await clock.tickAsync("09:24");
    expect(runner.status()[0]).to.deep.include({ phase: "overdue", runs: 1 });
    await clock.tickAsync("00:01");
    expect(logger.warn.lastCall.args[1]).to.equal("failed (attempt 1), restarting in 1s, next run in 1m 1s");
    expect(logger.error.called).to.equal(false);
    expect(runner.status()[0]).to.deep.include({ phase: "backoff", failures: 1, attempt: 1 });
    await clock.tickAsync("02:00");
    expect(starts[0]).to.equal(1);
    expect(starts[1]).to.be.within(12, 12.1);
    expect(runner.status()[0]).to.deep.include({ health: "ok", attempt: 0 });
    await runner.stop();
    await running;
  });

  it("includes all retries of a run", async () => {
    const job = sinon.spy(() => Promise.reject(new Error("no")));
    const running = Promise.resolve(timeout(retryJob(job, new StaticBackoff({ sleep: "8s" })), "30s").runOnce(context()));
    const outcome = running.catch((error: unknown) => error);
    await clock.tickAsync("30");
    expect(await outcome).to.be.instanceOf(TimeoutError);
    expect(job.callCount).to.equal(4);
    expect(clock.countTimers()).to.equal(0);
  });

  it("fails a run whose last attempt returns after it: the worker has not recovered, not even for a moment", async () => {
    let attempts = 0;
    const runner = runnerOf({
      retryJob: new StaticBackoff({ sleep: "1s" }),
      retry: new StaticBackoff({ sleep: "1m" }),
      async job() {
        if (attempts++ === 0) throw new Error("no luck");
        await wait("40s");
      },
    });
    const health: string[] = [];
    const unsubscribe = observe("watchbill:health", (event) => health.push(event.health));
    const running = runner.run();
    await clock.tickAsync("01:50");
    expect(runner.status()[0]).to.include({ lastSuccess: null, health: "firing", phase: "backoff" });
    expect(health).to.deep.equal(["firing"]);
    expect(logger.info.args.flat().filter((each) => String(each).startsWith("recovered"))).to.deep.equal([]);
    unsubscribe();
    await runner.stop();
    await running;
  });

  it("does not keep a run from being stopped, in time or overdue", async () => {
    for (const elapsed of ["10", "40"]) {
      stop = new AbortController();
      const worker = repeat(
        "1m",
        timeout((given) => wait("5m", elapsed === "40" ? {} : given), "30s"),
        { startImmediately: true },
      );
      const running = worker.run(context());
      await clock.tickAsync(elapsed);
      stop.abort();
      await clock.tickAsync("05:00");
      await running;
      expect(clock.countTimers()).to.equal(0);
    }
  });

  for (const [limit, problem] of [
    [0, "A timeout of 0 leaves no time to run: pass a duration above 0, or leave it out"],
    ["5x", `'5x' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`],
  ] as [never, string][]) {
    it(`rejects a limit of ${JSON.stringify(limit)}`, () => {
      expect(() => timeout(() => {}, limit))
        .to.throw(InvalidArgumentError)
        .with.property("message", problem);
    });
  }

  it("logs the error of an overdue run", async () => {
    const late = new Error("half a file");
    const running = outcomeOf(async () => {
      await wait("1m");
      throw late;
    });
    await clock.tickAsync("01:00");
    expect(await running).to.be.instanceOf(TimeoutError);
    expect(logger.error.lastCall.args).to.deep.equal([{ worker: "x", err: late }, "failed after it had timed out"]);
  });

  it("reports that error in the outcome if the runner was stopped meanwhile", async () => {
    const late = new Error("half a file");
    const runner = runnerOf({
      async job() {
        await wait("1m");
        throw late;
      },
    });
    const outcome = runner.run().catch((error: unknown) => error);
    await clock.tickAsync("01:40");
    void runner.stop();
    await clock.tickAsync("00:30");
    expect(await outcome)
      .to.have.property("errors")
      .that.deep.equals([late]);
    expect(runner.status()[0]).to.deep.include({ phase: "stopped", failures: 1 });
  });

  it("fails a run that blocked the event loop beyond its limit", async () => {
    clock.restore();
    const busyUntil = performance.now() + 20;
    const blocked = timeout(() => {
      while (performance.now() < busyUntil);
    }, 5);
    const error = await Promise.resolve(blocked.runOnce(context())).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TimeoutError);
  });

  it("does not affect the health of a worker that catches the timeout of a nested run", async () => {
    const worker = async (given: WorkerContext) => {
      await timeout(() => wait("1m", { signal: given.signal }), "30s")
        .runOnce(given)
        ?.catch(() => {});
      given.reportHealth();
      await stopped(given.signal);
    };
    const runner = bootstrap([new DeclarativeWorker({ name: "x", worker })], { logger });
    const running = runner.run();
    await clock.tickAsync("02:00");
    expect(runner.status()[0]).to.deep.include({ health: "ok", failures: 0 });
    await runner.stop();
    await running;
  });

  it("fails a run that blocked the event loop beyond its limit and then throws, with the error that it throws", async () => {
    clock.restore();
    const error = new Error("half a file");
    const busyUntil = performance.now() + 20;
    const blocked = timeout(() => {
      while (performance.now() < busyUntil);
      throw error;
    }, 5);
    expect(await Promise.resolve(blocked.runOnce(context())).catch((thrown: unknown) => thrown)).to.equal(error);
    expect(logger.error.called).to.equal(false);
  });

  it("completes a worker whose overdue run throws a DoNotRestart", async () => {
    const runner = runnerOf({
      async job() {
        await wait("1m");
        throw new DoNotRestart("all is migrated");
      },
      retry: new StaticBackoff({ sleep: "1s" }),
    });
    const running = runner.run();
    await clock.tickAsync("02:00");
    await running;
    expect(runner.status()[0]).to.deep.include({ phase: "stopped", runs: 1, failures: 1 });
  });

  it("rejects with the reason of the stop if an overdue run returns after it", async () => {
    const reason = new Error("shutting down");
    const running = outcomeOf(() => wait("1m"));
    await clock.tickAsync("40");
    stop.abort(reason);
    await clock.tickAsync("20");
    expect(await running).to.equal(reason);
    expect(logger.error.called).to.equal(false);
  });
});
