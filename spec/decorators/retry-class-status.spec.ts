import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  Repeat,
  Retry,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  wait,
} from "watchbill";

const epoch = Date.UTC(2026, 10, 24);
const untilStopped = ({ signal }: WorkerContext) => stopped(signal);

@Retry(new StaticBackoff({ sleep: "10s" }))
class Feed {
  fail = () => {};

  @Worker
  async listen({ signal }: WorkerContext) {
    await new Promise((resolve, reject) => {
      signal.addEventListener("abort", resolve);
      this.fail = () => reject(new Error("no answer"));
    });
  }

  @Repeat("4s")
  fetch(_context: WorkerContext): unknown {
    return undefined;
  }
}

class Other {
  @Worker
  x(context: WorkerContext) {
    return untilStopped(context);
  }
}

describe("The status of a class with @Retry", () => {
  let clock: sinon.SinonFakeTimers;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: epoch, toNotFake: ["nextTick", "queueMicrotask"] });
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  function start(sources: object[], options = {}) {
    const runner = bootstrap(sources, { logger, signals: [], ...options });
    const ending = runner.run().catch((error: unknown) => error);
    const phases = () => runner.status().map(({ phase }) => phase);
    return { runner, ending, phases };
  }

  it("has a row for each worker, whose counts, health and last error survive the restart of the group", async () => {
    const feed = new Feed();
    const { runner, ending } = start([feed]);
    await clock.tickAsync("9");
    const unscathed = { failures: 0, attempt: 0, lastError: null };
    expect(runner.status()).to.containSubset([
      { name: "Feed/listen", phase: "running", health: "init", runs: 1, lastStart: epoch, ...unscathed },
      { name: "Feed/fetch", phase: "waiting", health: "ok", runs: 2, nextDue: epoch + 12_000, ...unscathed },
    ]);
    feed.fail();
    await clock.tickAsync("15");
    expect(runner.status()).to.containSubset([
      { phase: "running", health: "firing", runs: 2, failures: 1, lastStart: epoch + 19_000, lastError: "Error: no answer" },
      { phase: "waiting", health: "ok", runs: 3, failures: 0, lastStart: epoch + 23_000, lastError: null },
    ]);
    await runner.stop();
    await ending;
    expect(runner.status().map(({ phase, runs, failures }) => ({ phase, runs, failures }))).to.deep.equal([
      { phase: "stopped", runs: 2, failures: 1 },
      { phase: "stopped", runs: 3, failures: 0 },
    ]);
  });

  it("shows all workers in backoff during that of the group, with its end and the consecutive failures", async () => {
    const feed = new Feed();
    const { runner, ending, phases } = start([feed, Other]);
    for (const attempt of [1, 2]) {
      feed.fail();
      await clock.tickAsync("3");
      const backingOff = { phase: "backoff", nextDue: Date.now() + 7_000, attempt };
      expect(runner.status()).to.containSubset([
        { name: "Feed/listen", ...backingOff, runs: attempt, failures: attempt },
        { name: "Feed/fetch", ...backingOff, runs: 0, failures: 0 },
        { name: "Other/x", phase: "running", nextDue: null, attempt: 0 },
      ]);
      await clock.tickAsync("7");
      expect(phases()).to.deep.equal(["running", "waiting", "running"]);
      expect(runner.status().map((row) => row.attempt)).to.deep.equal([attempt, attempt, 0]);
    }
    feed.fail();
    await clock.tickAsync("1");
    await runner.stop();
    await ending;
    expect(runner.status()).to.containSubset(Array(3).fill({ phase: "stopped", nextDue: null }));
  });

  it("shows a worker's own backoff, while the others run", async () => {
    class Stubborn extends Feed {
      @Worker
      @Retry(new StaticBackoff({ sleep: "1m" }))
      stubborn() {
        throw new Error("no luck");
      }
    }
    const { runner, ending } = start([Stubborn]);
    await clock.tickAsync("1");
    expect(runner.status()).to.containSubset([
      { name: "Stubborn/listen", phase: "running", attempt: 0 },
      { name: "Stubborn/fetch", phase: "waiting", attempt: 0 },
      { name: "Stubborn/stubborn", phase: "backoff", attempt: 1, nextDue: epoch + 60_000 },
    ]);
    await runner.stop();
    expect(await ending).to.equal(undefined);
  });

  describe("with a worker that hangs when the group stops to restart", () => {
    class Hanging extends Feed {
      starts = 0;
      running = 0;
      most = 0;

      @Worker
      async hung(context: WorkerContext) {
        this.starts++;
        this.most = Math.max(this.most, ++this.running);
        await untilStopped(context);
        await wait("1m");
        this.running--;
      }
    }

    it("logs one warning with its name after the shutdown timeout, and restarts only once it has stopped", async () => {
      const hanging = new Hanging();
      const { runner, ending, phases } = start([hanging, Other], { shutdownTimeout: "5s" });
      hanging.fail();
      await clock.tickAsync(4_999);
      expect(logger.warn.args).to.deep.equal([]);
      await clock.tickAsync("50");
      expect(logger.warn.args).to.have.lengthOf(1);
      const [{ worker, err }, message] = logger.warn.firstCall.args;
      expect({ worker, message }).to.deep.equal({
        worker: "Hanging",
        message: "cannot be restarted before all of it has stopped",
      });
      expect(err).to.be.instanceOf(ShutdownTimeoutError).with.property("message").that.includes("within 5s: Hanging/hung. ");
      expect(err.hung).to.deep.equal([{ worker: "Hanging/hung", phase: "running", hungFor: 5_000 }]);
      expect(phases()).to.deep.equal(["stopped", "stopped", "running", "running"]);
      expect(hanging.starts).to.equal(1);

      await clock.tickAsync("6");
      expect(phases()).to.deep.equal(["backoff", "backoff", "backoff", "running"]);
      await clock.tickAsync("10");
      expect(phases()).to.deep.equal(["running", "waiting", "running", "running"]);
      expect(hanging).to.include({ starts: 2, most: 1 });
      const [failed, ...others] = logger.warn.args.slice(1);
      expect(failed?.[1]).to.equal("failed (attempt 1), restarting in 10s");
      expect(others).to.deep.equal([]);

      void runner.stop();
      await clock.tickAsync("02:00");
      expect(await ending).to.have.deep.property("workers", ["Hanging/hung"]);
    });

    it("warns after the shutdownTimeout of that worker", async () => {
      class Patient extends Hanging {
        @Worker({ shutdownTimeout: "20s" })
        override hung(context: WorkerContext) {
          return super.hung(context);
        }
      }
      const patient = new Patient();
      const { runner, ending } = start([patient], { shutdownTimeout: "5s" });
      patient.fail();
      await clock.tickAsync(19_999);
      expect(logger.warn.args.map(([, message]) => message)).to.deep.equal([
        "still stopping after 5s: Patient/hung",
        "still stopping after 10s: Patient/hung",
      ]);
      await clock.tickAsync(1);
      expect(logger.warn.callCount).to.equal(3);
      expect(logger.warn.lastCall.firstArg).to.have.nested.property("err.hung[0].hungFor", 20_000);
      void runner.stop();
      await clock.tickAsync("02:00");
      await ending;
    });

    it("does not warn if the runner is stopped before; the error of the run names the worker", async () => {
      const hanging = new Hanging();
      const { runner, ending } = start([hanging], { shutdownTimeout: "5s" });
      hanging.fail();
      await clock.tickAsync("3");
      void runner.stop();
      await clock.tickAsync("5");
      expect(logger.warn.callCount).to.equal(0);
      expect(await ending)
        .to.be.instanceOf(ShutdownTimeoutError)
        .with.deep.property("workers", ["Hanging/hung"]);
      await clock.tickAsync("02:00");
      expect(hanging.starts).to.equal(1);
    });
  });
});
