import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  named,
  retryJob,
  StaticBackoff,
  stopped,
  type WorkerContext,
  wait,
} from "watchbill";

describe("The health of a worker", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(async () => {
    stop.abort();
    await clock.runAllAsync();
    clock.restore();
  });

  /** Starts one worker, and returns a function that returns its row. */
  async function start(options: DeclarativeWorkerOptions) {
    const runner = bootstrap([new DeclarativeWorker({ name: "x", ...options })], { signal: stop.signal, logger });
    runner.run().catch(() => {});
    await clock.tickAsync(0);
    return () => runner.status()[0];
  }

  /** Starts a worker that runs until it is stopped, and returns its context. */
  async function startContinuous() {
    const contexts: WorkerContext[] = [];
    const status = await start({
      worker: async (context) => {
        contexts.push(context);
        await stopped(context.signal);
      },
    });
    const [context] = contexts;
    if (context === undefined) throw new Error("the worker was not started");
    return { status, context };
  }

  it("of a job is init until its first run, ok after a success, firing after a failure, and ok again", async () => {
    const outcomes = ["succeed", "fail", "succeed"];
    const status = await start({
      job: () => {
        if (outcomes.shift() === "fail") throw new Error("no luck");
      },
      repeat: "10s",
      retry: new StaticBackoff({ sleep: "1s" }),
    });
    expect(status()).to.include({ health: "init", runs: 0, failures: 0 });
    await clock.tickAsync(10_000);
    expect(status()).to.include({ health: "ok", runs: 1, failures: 0, lastError: null });
    await clock.tickAsync(10_000);
    expect(status()).to.include({ health: "firing", runs: 2, failures: 1, lastError: "Error: no luck" });
    await clock.tickAsync(11_000);
    expect(status()).to.include({ health: "ok", runs: 3, failures: 1, lastError: "Error: no luck" });
  });

  it("does not change during a run", async () => {
    const status = await start({ job: () => wait("5s"), repeat: "10s" });
    await clock.tickAsync(12_000);
    expect(status()).to.include({ health: "init", phase: "running", runs: 1 });
    await clock.tickAsync(3_000);
    expect(status()).to.include({ health: "ok", phase: "waiting", lastDuration: 5_000 });
  });

  it("of a continuous worker is init until it reports its health", async () => {
    const { status, context } = await startContinuous();
    await clock.tickAsync(59_999);
    expect(status()).to.include({ health: "init" });
    context.reportHealth();
    expect(status()).to.include({ health: "ok" });
    context.reportHealth(new Error("lagging"));
    expect(status()).to.include({ health: "firing", lastError: "Error: lagging" });
    context.reportHealth();
    expect(status()).to.include({ health: "ok" });
  });

  it("of a continuous worker is firing during the backoff after a failure", async () => {
    const status = await start({ worker: () => Promise.reject(new Error("no luck")), retry: new StaticBackoff({ sleep: "1h" }) });
    expect(status()).to.include({ health: "firing", phase: "backoff", failures: 1, attempt: 1 });
  });

  it("of a job does not change at an attempt that will be retried, which its phase shows", async () => {
    const job = sinon.stub<[WorkerContext], unknown>().onFirstCall().rejects(new Error("no luck"));
    const status = await start({ job, repeat: "10s", retryJob: new StaticBackoff({ sleep: "4s" }) });
    await clock.tickAsync(12_000);
    expect(status()).to.include({ health: "init", phase: "backoff", attempt: 1, runs: 1, nextDue: 14_000 });
    await clock.tickAsync(2_000);
    expect(status()).to.include({ health: "ok", phase: "waiting", runs: 1, failures: 0, nextDue: 20_000 });
  });

  it("can be reported by a destructured reportHealth", async () => {
    const { status, context } = await startContinuous();
    const { reportHealth } = context;
    reportHealth(new Error("lagging"));
    expect(status()).to.include({ health: "firing" });
    reportHealth();
    expect(status()).to.include({ health: "ok" });
  });

  it("is firing after reportHealth(undefined), as undefined can be thrown", async () => {
    const { status, context } = await startContinuous();
    context.reportHealth(undefined);
    expect(status()).to.include({
      health: "firing",
      lastError: "ThrownValueError: x threw undefined; throw an Error, so that there is a stack",
    });
  });

  it("can be reported with any thrown value", async () => {
    const { status, context } = await startContinuous();
    context.reportHealth("lagging");
    expect(status()).to.include({ lastError: "ThrownValueError: x threw 'lagging'; throw an Error, so that there is a stack" });
    context.reportHealth(Object.create(null));
    expect(status()).to.include({
      lastError: "ThrownValueError: x threw an object without keys; throw an Error, so that there is a stack",
    });
  });

  it("is logged when reportHealth reports an error, with that error, and not otherwise", async () => {
    const { context } = await startContinuous();
    const error = new Error("lagging");
    context.reportHealth();
    context.reportHealth(error);
    expect(logger.warn.args).to.deep.equal([[{ worker: "x", err: error }, "reported a problem"]]);
    expect(logger.warn.firstCall.firstArg.err).to.equal(error);
  });

  it("does not change on a stop", async () => {
    const { status, context } = await startContinuous();
    context.reportHealth(new Error("lagging"));
    stop.abort();
    await clock.tickAsync(1_000);
    expect(status()).to.include({ health: "firing", phase: "stopped", failures: 0 });
  });

  it("counts an error once that propagates from a nested worker, and not at all if it is caught", async () => {
    const failing = named(() => Promise.reject(new Error("HTTP 503")), "part");
    const status = await start({ worker: (context) => failing.run(context), retry: new StaticBackoff({ sleep: "1m" }) });
    expect(status()).to.include({ health: "firing", failures: 1 });
    const caught = await start({
      async worker(context) {
        await failing.run(context)?.catch(() => {});
        await stopped(context.signal);
      },
    });
    expect(caught()).to.include({ health: "init", failures: 0 });
  });

  it("is independent for each worker", async () => {
    const worker = (context: WorkerContext) => {
      if (context.name === "a") context.reportHealth();
      return stopped(context.signal);
    };
    const workers = ["a", "b"].map((name) => new DeclarativeWorker({ name, worker }));
    const runner = bootstrap(workers, { signal: stop.signal, logger });
    runner.run().catch(() => {});
    await clock.tickAsync(1_000);
    expect(runner.status().map(({ name, health }) => ({ name, health }))).to.deep.equal([
      { name: "a", health: "ok" },
      { name: "b", health: "init" },
    ]);
  });

  it("of a job is firing from when its run reports a problem until a run succeeds, which logs the recovery", async () => {
    let runs = 0;
    const status = await start({
      job: async ({ reportHealth }) => {
        if (++runs !== 2) return;
        reportHealth(new Error("lagging"));
        await wait("5s");
      },
      repeat: "10s",
    });
    await clock.tickAsync(22_000);
    expect(status()).to.include({ health: "firing", phase: "running", lastError: "Error: lagging" });
    await clock.tickAsync(3_000);
    expect(status()).to.include({ health: "ok", phase: "waiting", failures: 0 });
    expect(logger.info.lastCall.args).to.deep.equal([
      { worker: "x", failures: 1, duration: 5_000 },
      "recovered after 1 failure in 5s",
    ]);
  });

  it("of a worker does not end with a nested job or worker that returns, after which the worker goes on", async () => {
    const steps: string[] = [];
    const status = await start({
      worker: async (context) => {
        await retryJob(() => {}, new StaticBackoff({ sleep: 0 })).runOnce(context);
        steps.push("after the job");
        await named(() => {}, "part").run(context);
        steps.push("after the worker");
        await stopped(context.signal);
      },
    });
    await clock.tickAsync(1_000);
    expect(steps).to.deep.equal(["after the job", "after the worker"]);
    expect(status()).to.include({ phase: "running", failures: 0 });
  });
});
