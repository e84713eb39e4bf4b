import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  group,
  InvalidArgumentError,
  named,
  retry,
  runAllWorkers,
  StaticBackoff,
  stopped,
  type Worker,
  type WorkerContext,
  WorkerExitedPrematurelyError,
  WorkersFailedError,
  wait,
} from "watchbill";

const epoch = Date.UTC(2026, 10, 24);

describe("A group", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  let log: string[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: epoch, toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    log = [];
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  /** A worker that logs its name when it starts and when it has stopped, which takes `stopsAfter` ms. */
  const listener = (name: string, { stopsAfter = 0 } = {}) =>
    named(async (context) => {
      log.push(`+${context.name}`);
      await stopped(context.signal);
      if (stopsAfter > 0) await wait(stopsAfter);
      log.push(`-${context.name}`);
    }, name);

  const failing = (name: string, error: Error) =>
    named(async (context) => {
      await wait("1s", context);
      throw error;
    }, name);

  const run = (...workers: Worker[]) => runAllWorkers(workers, { signal: stop.signal, logger });

  /** The error that the group rejects with when it runs alone as the worker "feed". */
  const failureOf = async (feed: Worker): Promise<WorkersFailedError> => {
    const context = { signal: stop.signal, name: "feed", attempt: 0, logger, reportHealth() {} };
    const outcome = await Promise.resolve(feed.run(context)).catch((error: unknown) => error);
    if (outcome instanceof WorkersFailedError) return outcome;
    throw new Error(`not a WorkersFailedError: ${String(outcome)}`);
  };

  it("aborts the signals of its workers when it ends, so that nothing continues under them", async () => {
    const signals: AbortSignal[] = [];
    const completes = ({ signal }: WorkerContext) => {
      signals.push(signal);
      return Promise.reject(new DoNotRestart());
    };
    await runAllWorkers([group(completes, completes)], { logger });
    expect(signals.map(({ reason }) => [reason.name, reason.message])).to.deep.equal([
      ["AbortError", "the group has ended"],
      ["AbortError", "the group has ended"],
    ]);
  });

  it("resets its attempts once it has stayed up for resetAfter", async () => {
    const attempts: number[] = [];
    const backoff = {
      duration(attempt: number) {
        attempts.push(attempt);
        return 0;
      },
    };
    const delays = [1_000, 1_000, 11_000, 1_000];
    const fails = async () => {
      await wait(delays.shift() ?? "1h");
      throw new Error("HTTP 503");
    };
    const running = runAllWorkers([retry(group(fails), { backoff, resetAfter: "10s" })], { signal: stop.signal, logger });
    await clock.tickAsync(15_000);
    expect(attempts).to.deep.equal([1, 2, 1, 2]);
    stop.abort();
    await clock.tickAsync("01:00:00");
    await running.catch(() => {});
  });

  it("starts all its workers, runs until it is stopped, and then resolves", async () => {
    const running = run(named(group(listener("a"), listener("b"), listener("c")), "feed"));
    await clock.tickAsync("24:00:00");
    expect(log).to.deep.equal(["+feed/a", "+feed/b", "+feed/c"]);
    stop.abort();
    await running;
    expect(log.slice(3)).to.deep.equal(["-feed/a", "-feed/b", "-feed/c"]);
    expect(logger.error.args).to.deep.equal([]);
  });

  it("stops the other workers when one fails, waits for them, and rejects with that error by identity", async () => {
    const error = new Error("no luck");
    const ended = sinon.spy();
    const failed = failureOf(group(listener("a", { stopsAfter: 5_000 }), failing("early", error), listener("b")));
    void failed.then(ended);
    await clock.tickAsync(1_000);
    expect(log).to.deep.equal(["+feed/a", "+feed/b", "-feed/b"]);
    await clock.tickAsync(4_999);
    expect(ended.called).to.equal(false);
    await clock.tickAsync(1);
    expect(log.at(-1)).to.equal("-feed/a");
    expect(await failed).to.deep.include({ errors: [error], workers: ["feed/early"], cause: error });
    expect(await failed).to.have.property("message", "1 worker failed:\n  feed/early: Error: no luck");
    expect(logger.error.args).to.deep.equal([[{ worker: "feed/early", err: error }, "failed; the group stops"]]);
  });

  it("aborts the other workers with a reason that names the worker that exited", async () => {
    const onAbort = sinon.spy();
    const failed = failureOf(
      group(failing("early", new Error("no luck")), async ({ signal }) => {
        await stopped(signal);
        onAbort(signal.reason);
      }),
    );
    await clock.tickAsync(1_000);
    await failed;
    expect(onAbort.firstCall.firstArg).to.include({ name: "AbortError", message: "feed/early has exited, so the group stops" });
  });

  it("fails with a premature exit when a worker returns", async () => {
    const failed = failureOf(
      group(
        listener("a"),
        named(() => wait("1s"), "short"),
      ),
    );
    await clock.tickAsync(1_000);
    const { errors, message } = await failed;
    expect(errors).to.have.lengthOf(1);
    expect(errors[0]).to.be.instanceOf(WorkerExitedPrematurelyError).with.property("worker", "feed/short");
    expect(message).to.equal(
      "1 worker failed:\n  feed/short exited prematurely: a worker runs until its signal aborts; repeat it or retry it if it is done sooner",
    );
    expect(log).to.deep.equal(["+feed/a", "-feed/a"]);
  });

  it("also reports the errors of workers that fail while they are stopped, in the order in which they fail", async () => {
    const [first, second, third] = [new Error("a"), new Error("b"), new Error("c")];
    const closing = (error: Error, after: number) => async (context: WorkerContext) => {
      await stopped(context.signal);
      await wait(after);
      throw error;
    };
    const failed = failureOf(group(closing(third, 3_600_000), closing(second, 60_000), failing("x", first)));
    await clock.tickAsync("02:00:00");
    expect(await failed).to.deep.include({
      errors: [first, second, third],
      workers: ["feed/x", "feed/worker 2", "feed/worker 1"],
    });
  });

  it("does not start the workers after one that throws synchronously", async () => {
    const throwing = named(() => {
      throw new Error("no luck");
    }, "throwing");
    expect((await failureOf(group(listener("a"), throwing, listener("later")))).workers).to.deep.equal(["feed/throwing"]);
    expect(log).to.deep.equal(["+feed/a", "-feed/a"]);
  });

  it("starts nothing under a signal that has aborted", async () => {
    stop.abort();
    await run(group(listener("a"), listener("b")));
    expect(log).to.deep.equal([]);
  });

  it("stops its runner when it fails; the runner waits for all workers, and its error contains that of the group", async () => {
    const error = new Error("no luck");
    const outcome = run(listener("other"), named(group(listener("a"), failing("b", error)), "feed")).catch(
      (thrown: unknown) => thrown,
    );
    await clock.tickAsync(1_000);
    expect(await outcome).to.have.property("message", "1 worker failed:\n  1 worker failed:\n    feed/b: Error: no luck");
    expect(await outcome).to.have.nested.property("cause.cause", error);
    expect(log).to.deep.equal(["+other", "+feed/a", "-feed/a", "-other"]);
  });

  it("prefixes the names of its workers with its own, and uses the position of a worker without a name", async () => {
    const names: string[] = [];
    const tell = (context: WorkerContext) => {
      names.push(context.name);
      context.logger.info("hello");
      return stopped(context.signal);
    };
    class Fetcher {
      run(context: WorkerContext) {
        return tell(context);
      }
    }
    const feed = named(
      group(named(tell, "eu"), (context: WorkerContext) => tell(context), new Fetcher(), tell),
      "feed",
    );
    const running = run(feed, group(named(tell, "us")));
    expect(names).to.deep.equal(["feed/eu", "feed/worker 2", "feed/Fetcher", "feed/tell", "worker 2/us"]);
    expect(logger.info.args.map(([{ worker }]) => worker)).to.deep.equal(names);
    stop.abort();
    await running;
  });

  it("can be nested, and so are the names", async () => {
    const inner = named(group(listener("a"), listener("b")), "inner");
    const running = run(named(group(inner, listener("c"), group(listener("d"))), "outer"));
    stop.abort();
    await running;
    expect(log.slice(0, 4)).to.deep.equal(["+outer/inner/a", "+outer/inner/b", "+outer/c", "+outer/worker 3/d"]);
    expect(log.slice(4)).to.have.members(["-outer/inner/a", "-outer/inner/b", "-outer/c", "-outer/worker 3/d"]);
  });

  it("can be used in several places, and runs in each independently", async () => {
    const pair = group(listener("a"), listener("b"));
    const running = run(named(pair, "eu"), named(pair, "us"));
    stop.abort();
    await running;
    expect(log.slice(0, 4)).to.deep.equal(["+eu/a", "+eu/b", "+us/a", "+us/b"]);
  });

  describe("with workers that have completed", () => {
    const done = () => Promise.reject(new DoNotRestart("all imported"));
    const migration = new DeclarativeWorker({ name: "migration", worker: () => wait("1s"), restart: "on-failure" });

    it("continues with the other workers", async () => {
      const running = run(named(group(named(done, "importer"), migration, listener("a")), "feed"));
      await clock.tickAsync("01:00");
      expect(log).to.deep.equal(["+feed/a"]);
      stop.abort();
      await running;
      expect(logger.info.args).to.deep.equal([[{ worker: "feed/importer" }, "completed: all imported"]]);
    });

    it("completes when all of them have completed, is not retried, and the runner continues", async () => {
      let starts = 0;
      const importer = () => {
        starts++;
        return done();
      };
      const feed = retry(group(importer, migration), new StaticBackoff({ sleep: 0 }));
      const other = new DeclarativeWorker({ name: "other", worker: listener("other") });
      const runner = bootstrap([new DeclarativeWorker({ name: "feed", worker: feed }), other], { logger });
      const running = runner.run();
      await clock.tickAsync(999);
      expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["running", "running"]);
      await clock.tickAsync("01:00");
      expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["stopped", "running"]);
      expect(starts).to.equal(1);
      await runner.stop();
      await running;
    });

    it("reports only the failures of the other workers", async () => {
      const error = new Error("no luck");
      const failed = failureOf(group(done, failing("b", error)));
      await clock.tickAsync(1_000);
      expect((await failed).errors).to.deep.equal([error]);
    });
  });

  it("cannot be created without workers", () => {
    expect(() => group())
      .to.throw(InvalidArgumentError)
      .with.property("message", "group() was called without workers: pass at least one");
  });

  for (const [worker, shown] of [
    [undefined, "undefined"],
    ["fetch", "a string"],
    [{ runOnce() {} }, "an object with the key runOnce"],
    [[], "an array of 0"],
  ] as const) {
    it(`cannot be created from ${shown}`, () => {
      expect(() => group(() => {}, worker as never))
        .to.throw(InvalidArgumentError)
        .with.property("message", `${shown} is not a worker: pass a function, or an object with a method run(context)`);
    });
  }
});
