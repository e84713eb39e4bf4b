import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  group,
  named,
  type Runner,
  StaticBackoff,
  stopped,
  type WorkerContext,
  wait,
} from "watchbill";

describe("A continuous worker that stays up", () => {
  const backoff = new StaticBackoff({ sleep: "1s" });
  const untilStopped = ({ signal }: WorkerContext) => stopped(signal);
  let clock: sinon.SinonFakeTimers;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  let runner: Runner;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(async () => {
    await runner.stop();
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  function start(options: DeclarativeWorkerOptions) {
    runner = bootstrap([new DeclarativeWorker({ name: "x", ...options })], { logger, signals: [] });
    runner.run().catch(() => {});
  }

  const health = () => runner.status()[0]?.health;

  /** Fails that many times immediately, and then stays up. */
  function failing(times: number) {
    let failures = 0;
    return async ({ signal }: WorkerContext) => {
      if (failures++ < times) throw new Error("no luck");
      await stopped(signal);
    };
  }

  it("becomes ok after a minute, from init", async () => {
    start({ worker: untilStopped });
    await clock.tickAsync(59_999);
    expect(health()).to.equal("init");
    await clock.tickAsync(1);
    expect(health()).to.equal("ok");
    expect(logger.info.args).to.deep.equal([[{ workers: 1 }, "started 1 worker"]]);
  });

  it("becomes ok after its resetAfter, from firing, and logs the recovery in one line", async () => {
    start({ worker: failing(2), retry: { backoff, resetAfter: "10s" } });
    await clock.tickAsync(11_999);
    expect(runner.status()[0]).to.include({ health: "firing", attempt: 2, failures: 2 });
    await clock.tickAsync(1);
    expect(runner.status()[0]).to.include({ health: "ok", attempt: 0, failures: 2 });
    expect(logger.info.lastCall.args).to.deep.equal([
      { worker: "x", failures: 2, duration: 12_000 },
      "recovered after 2 failures in 12s",
    ]);
    await clock.tickAsync("24:00:00");
    expect(logger.info.callCount).to.equal(2);
  });

  it("becomes ok after its resetAfter again after each restart", async () => {
    start({ worker: failing(1), retry: { backoff, resetAfter: "10s" } });
    await clock.tickAsync(10_500);
    expect(health()).to.equal("firing");
    await clock.tickAsync(500);
    expect(health()).to.equal("ok");
  });

  it("keeps the health that it reports itself", async () => {
    const contexts: WorkerContext[] = [];
    start({
      worker: (context) => {
        contexts.push(context);
        return stopped(context.signal);
      },
    });
    await clock.tickAsync(10_000);
    contexts[0]?.reportHealth(new Error("lagging"));
    await clock.tickAsync("24:00:00");
    expect(health()).to.equal("firing");
    contexts[0]?.reportHealth();
    expect(health()).to.equal("ok");
  });

  it("does not become ok while it ignores the request to stop", async () => {
    let end = (): void => {};
    start({ worker: () => new Promise<void>((resolve) => (end = resolve)), shutdownTimeout: "10m" });
    await clock.tickAsync(30_000);
    void runner.stop();
    await clock.tickAsync(120_000);
    expect(health()).to.equal("init");
    end();
  });

  it("does not become ok while one of its group ignores the request to stop", async () => {
    let end = (): void => {};
    const hangs = () => new Promise<void>((resolve) => (end = resolve));
    start({ worker: group(untilStopped, hangs), shutdownTimeout: "10m" });
    await clock.tickAsync(30_000);
    void runner.stop();
    await clock.tickAsync(120_000);
    expect(health()).to.equal("init");
    end();
  });

  for (const [what, worker] of [
    ["a group", () => group(untilStopped, failing(0))],
    ["a runner", () => bootstrap([new DeclarativeWorker({ name: "inner", worker: untilStopped })], { logger })],
    ["a named group of groups", () => named(group(group(untilStopped)), "outer")],
  ] as const) {
    it(`can be ${what}`, async () => {
      start({ worker: worker() });
      await clock.tickAsync(59_999);
      expect(health()).to.equal("init");
      await clock.tickAsync(1);
      expect(health()).to.equal("ok");
    });
  }

  it("can be a restarted group, which becomes ok after its resetAfter", async () => {
    start({ worker: group(untilStopped, failing(1)), retry: { backoff, resetAfter: "3m" } });
    await clock.tickAsync(180_999);
    expect(health()).to.equal("firing");
    await clock.tickAsync(1);
    expect(runner.status()[0]).to.include({ health: "ok", attempt: 0 });
  });

  it("keeps the health that it had when it ended, whatever it reports after that", async () => {
    const contexts: WorkerContext[] = [];
    start({
      worker: (context) => {
        contexts.push(context);
        return stopped(context.signal);
      },
    });
    await clock.tickAsync(60_000);
    await runner.stop();
    contexts[0]?.reportHealth(new Error("too late"));
    expect(runner.status()[0]).to.include({ health: "ok", phase: "stopped", lastError: null });
    expect(logger.warn.called).to.equal(false);
  });

  it("forgets its earlier failures after its resetAfter, also if it reports its health itself", async () => {
    let starts = 0;
    const worker = async ({ reportHealth, signal }: WorkerContext) => {
      if (++starts <= 2) throw new Error("no luck");
      reportHealth(new Error("lagging"));
      if (starts > 3) return stopped(signal);
      await wait("10s");
      throw new Error("no luck");
    };
    start({ worker, retry: { backoff, resetAfter: "10s" } });
    await clock.tickAsync(11_999);
    expect(runner.status()[0]).to.include({ phase: "running", health: "firing", attempt: 2 });
    await clock.tickAsync(1);
    expect(runner.status()[0]).to.include({ phase: "backoff", failures: 3, attempt: 1 });
    await clock.tickAsync(10_999);
    expect(runner.status()[0]).to.include({ phase: "running", health: "firing", attempt: 1 });
    await clock.tickAsync(1);
    expect(runner.status()[0]).to.include({ phase: "running", health: "firing", attempt: 0 });
  });
});
