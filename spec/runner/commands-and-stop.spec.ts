import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  type JobFunc,
  Named,
  Retry,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  WorkersFailedError,
  wait,
} from "watchbill";
import { expectError, Stubborn, silent, untilStopped, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "30s" });

describe("A stop during a command", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  const message = "1 worker did not stop within 25s: one. Let each watch context.signal, or raise shutdownTimeout";
  for (const [command, answer, left] of [
    ["pause", "resolved", ["one", "other"]],
    ["restart", "WorkerNotRunningError: one cannot be restarted: the runner was stopped meanwhile", ["one", "other"]],
    ["remove", "resolved", ["other"]],
  ] as const) {
    for (const stopOrder of ["all", "reverse"] as const) {
      it(`ends a ${command} in progress, with the stop order ${stopOrder}`, async () => {
        const one = new Stubborn();
        const { runner, run } = running({ worker: one.run }, stopOrder);
        const result = watch(runner[command]("one"));
        const stopped = watch(runner.stop());
        await clock.tickAsync("00:24");
        expect([result.outcome, stopped.outcome]).to.deep.equal(["pending", "pending"]);
        one.end();
        await clock.tickAsync(0);
        expect([String(result.outcome), stopped.outcome, run.outcome]).to.deep.equal([answer, "resolved", "resolved"]);
        expect(runner.workers.map(({ name }) => name)).to.deep.equal(left);
        expect([one.starts, clock.countTimers()]).to.deep.equal([1, 0]);
      });
    }

    it(`ends a ${command} of a worker that hangs: both promises report it`, async () => {
      const one = new Stubborn();
      const { runner, run } = running({ worker: one.run });
      const result = watch(runner[command]("one"));
      await clock.tickAsync("00:10");
      const stopped = watch(runner.stop());
      await clock.tickAsync("00:25");
      for (const { outcome } of [result, run]) expectError(outcome, ShutdownTimeoutError, message);
      expect([stopped.outcome, clock.countTimers()]).to.deep.equal(["resolved", 0]);
      one.end();
      await clock.tickAsync(0);
      expect(one.starts).to.equal(1);
    });

    it(`reports a failure during a ${command} in the outcome of the run`, async () => {
      const one = new Stubborn();
      const error = new Error("cannot close");
      const { runner, run } = running({ worker: one.run });
      const result = watch(runner[command]("one"));
      void runner.stop();
      one.end(error);
      await clock.tickAsync(0);
      expect(String(result.outcome)).to.equal(answer);
      expectError(run.outcome, WorkersFailedError, "1 worker failed:\n  one: Error: cannot close");
    });

    it(`ends a ${command} of a worker whose class restarts as a whole`, async () => {
      const one = new Stubborn();
      @Named("github")
      @Retry(backoff)
      class Fetcher {
        @Worker
        events() {
          return one.run();
        }

        @Worker
        stream(context: WorkerContext) {
          return untilStopped(context);
        }
      }
      const runner = bootstrap([Fetcher], { logger: silent });
      const run = watch(runner.run());
      const result = watch(runner[command]("github/events"));
      const stopped = watch(runner.stop());
      one.end();
      await clock.tickAsync(0);
      expect(String(result.outcome)).to.equal(answer.replace("one", "github/events"));
      expect([stopped.outcome, run.outcome, clock.countTimers()]).to.deep.equal(["resolved", "resolved", 0]);
    });
  }

  it("ends a pause when its long run has ended", async () => {
    const { runner, run } = running({ job: () => wait("20s"), repeat: "1m" });
    await clock.tickAsync("01:01");
    const paused = watch(runner.pause("one"));
    void runner.stop();
    await clock.tickAsync("00:18");
    expect([paused.outcome, run.outcome]).to.deep.equal(["pending", "pending"]);
    await clock.tickAsync("00:02");
    expect([paused.outcome, run.outcome, clock.countTimers()]).to.deep.equal(["resolved", "resolved", 0]);
  });

  const slow: JobFunc = ({ signal }) => stopped(signal);
  const failing: JobFunc = () => Promise.reject(new Error("HTTP 503"));
  for (const [state, code, at] of [
    ["was about to begin", slow, "00:10"],
    ["was to come after the one under way", slow, "01:10"],
    ["was to come in the place of a backoff", failing, "01:10"],
  ] as const) {
    it(`rejects a triggered run with the stop reason if it ${state}`, async () => {
      const { runner, run } = running({ job: code, repeat: "1m", retry: backoff });
      await clock.tickAsync(at);
      const triggered = watch(runner.trigger("one"));
      await runner.stop();
      expect(triggered.outcome).to.be.instanceOf(DOMException).with.property("message", "The runner was asked to stop");
      expect(run.outcome).to.equal("resolved");
      expect(clock.countTimers()).to.equal(0);
    });
  }

  it("rejects a triggered run that hangs, when the runner leaves it behind, with an error that names it", async () => {
    const one = new Stubborn();
    const { runner } = running({ job: one.run, repeat: "1m" });
    const triggered = watch(runner.trigger("one"));
    await clock.tickAsync(1);
    void runner.stop();
    await clock.tickAsync("00:25");
    expectError(triggered.outcome, ShutdownTimeoutError, message);
    one.end();
    await clock.tickAsync(0);
  });

  it("rejects a triggered run in progress with the stop reason even if it returns, possibly because of the stop", async () => {
    const reasons: unknown[] = [];
    const throwing: JobFunc = async ({ signal }) => {
      await stopped(signal);
      reasons.push(signal.reason);
      signal.throwIfAborted();
    };
    const returning: JobFunc = async ({ signal }) => {
      await stopped(signal);
      reasons.push(signal.reason);
    };
    const outcomes: unknown[] = [];
    for (const code of [throwing, returning]) {
      const { runner } = running({ job: code, repeat: "1m" });
      const triggered = watch(runner.trigger("one"));
      await clock.tickAsync("00:01");
      const stopped = runner.stop();
      await clock.tickAsync("00:05");
      await stopped;
      outcomes.push(triggered.outcome);
    }
    expect(outcomes).to.deep.equal(reasons);
    expect(reasons[0]).to.have.property("message", "The runner was asked to stop");
  });

  /** Runs a worker beside an unrelated one. */
  function running(options: DeclarativeWorkerOptions, stopOrder: "all" | "reverse" = "all") {
    const one = new DeclarativeWorker({ name: "one", ...options });
    const other = new DeclarativeWorker({ name: "other", worker: untilStopped });
    const runner = bootstrap([one, other], { logger: silent, stopOrder });
    return { runner, run: watch(runner.run()) };
  }
});
