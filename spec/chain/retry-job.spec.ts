import { expect } from "chai";
import sinon from "sinon";
import {
  type Backoff,
  bootstrap,
  DeclarativeWorker,
  ExponentialBackoff,
  GiveUp,
  InvalidArgumentError,
  type JobFunc,
  type RetryJobOptions,
  retryJob,
  StaticBackoff,
  stopped,
  type WorkerContext,
  wait,
} from "watchbill";

describe("retryJob", () => {
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

  async function run(job: JobFunc, policy: Backoff | RetryJobOptions): Promise<void> {
    await retryJob(job, policy).runOnce({ signal: stop.signal, name: "x", attempt: 0, logger, reportHealth() {} });
  }

  /** A job that fails with these errors, one at each attempt, and then succeeds. */
  function failing(...errors: Error[]) {
    return sinon.spy(async (_context: WorkerContext) => {
      const error = errors.shift();
      if (error !== undefined) throw error;
    });
  }

  it("calls a job once if it succeeds", async () => {
    const job = failing();
    await run(job, backoff);
    expect(job.callCount).to.equal(1);
    expect(logger.error.args).to.deep.equal([]);
  });

  it("calls a job four times if it fails three times", async () => {
    const job = failing(new Error("a"), new Error("b"), new Error("c"));
    const running = run(job, backoff);
    await clock.tickAsync(10_000);
    await running;
    expect(job.callCount).to.equal(4);
  });

  it("waits for its backoff on the real clock", async () => {
    const times: number[] = [];
    const job = failing(new Error("a"), new Error("b"), new Error("c"));
    const running = run(
      (context) => {
        times.push(Date.now());
        return job(context);
      },
      new ExponentialBackoff({ initial: "1s", max: "1m" }),
    );
    await clock.tickAsync(60_000);
    await running;
    expect(times).to.deep.equal([0, 1_000, 3_000, 7_000]);
  });

  it("passes the attempt in the context and to the backoff", async () => {
    const duration = sinon.stub<[number], number>().returns(10);
    const attempts: number[] = [];
    const job = failing(new Error("a"), new Error("b"));
    const running = run(
      (context) => {
        attempts.push(context.attempt);
        return job(context);
      },
      { duration },
    );
    await clock.tickAsync(100);
    await running;
    expect(attempts).to.deep.equal([0, 1, 2]);
    expect(duration.args).to.deep.equal([[1], [2]]);
  });

  it("stops on an abort during its backoff, and rejects with the reason by identity", async () => {
    const reason = new Error("shutting down");
    const job = failing(new Error("a"));
    const running = run(job, new StaticBackoff({ sleep: "1h" })).catch((caught: unknown) => caught);
    await clock.tickAsync(1_000);
    stop.abort(reason);
    expect(clock.countTimers()).to.equal(0);
    expect(await running).to.equal(reason);
    expect(job.callCount).to.equal(1);
  });

  it("stops on an abort while the job runs, and rejects with the reason by identity", async () => {
    const reason = new Error("shutting down");
    const running = run(async ({ signal }) => {
      await stopped(signal);
      signal.throwIfAborted();
    }, backoff).catch((caught: unknown) => caught);
    await clock.tickAsync(1_000);
    stop.abort(reason);
    expect(await running).to.equal(reason);
  });

  it("starts nothing once aborted, and rejects with the reason by identity", async () => {
    const reason = new Error("shutting down");
    stop.abort(reason);
    const job = failing();
    expect(await run(job, backoff).catch((caught: unknown) => caught)).to.equal(reason);
    expect(job.callCount).to.equal(0);
  });

  it("resolves if the job succeeds although it was aborted", async () => {
    const running = run(() => wait("1s"), backoff);
    stop.abort();
    await clock.tickAsync(1_000);
    await running;
  });

  it("rejects with the abort reason if the job fails while it stops; its error is logged, without a retry", async () => {
    const error = new Error("half a file was written");
    const job = sinon.spy(async ({ signal }: WorkerContext) => {
      await stopped(signal);
      throw error;
    });
    const running = run(job, backoff).catch((caught: unknown) => caught);
    stop.abort();
    expect(await running).to.equal(stop.signal.reason);
    expect(job.callCount).to.equal(1);
    expect(logger.error.args).to.deep.equal([[{ worker: "x", err: error }, "failed while stopping, and is not retried"]]);
  });

  it("gives up after maxAttempts, with the last error by identity", async () => {
    const last = new Error("c");
    const job = failing(new Error("a"), new Error("b"), last);
    const running = run(job, { backoff, maxAttempts: 3 }).catch((caught: unknown) => caught);
    await clock.tickAsync(60_000);
    expect(await running).to.equal(last);
    expect(job.callCount).to.equal(3);
    expect(logger.warn.callCount).to.equal(2);
    expect(logger.error.args).to.deep.equal([
      [{ worker: "x", attempt: 3, err: last }, "failed, giving up this run after 3 attempts"],
    ]);
    expect(clock.countTimers()).to.equal(0);
  });

  it("logs every failed attempt that is followed by another", async () => {
    const error = new Error("a");
    const running = run(failing(error), backoff);
    await clock.tickAsync(1_000);
    await running;
    expect(logger.warn.args).to.deep.equal([
      [{ worker: "x", attempt: 1, delay: 1_000, err: error }, "failed (attempt 1), retrying in 1s"],
    ]);
    expect(logger.warn.firstCall.firstArg.err).to.equal(error);
    expect(logger.error.called).to.equal(false);
  });

  it("fails the run immediately if retryIf returns false for the error and the attempt", async () => {
    const [first, second] = [new Error("HTTP 503"), new Error("HTTP 404")];
    const job = failing(first, second, new Error("not reached"));
    const retryIf = sinon.spy((error: Error) => error !== second);
    const running = run(job, { backoff, retryIf }).catch((caught: unknown) => caught);
    await clock.tickAsync("01:00");
    expect(await running).to.equal(second);
    expect(job.callCount).to.equal(2);
    expect(retryIf.args).to.deep.equal([
      [first, 1],
      [second, 2],
    ]);
    expect(logger.error.args).to.deep.equal([
      [{ worker: "x", attempt: 2, err: second }, "failed (attempt 2), giving up this run: its retryIf returned false"],
    ]);
  });

  it("fails the run immediately with a GiveUp that the job throws, from any copy of the library", async () => {
    const foreign = Object.assign(new Error("no such account"), { [Symbol.for("watchbill:GiveUp")]: true });
    for (const error of [new GiveUp("no such account"), foreign]) {
      const job = failing(error, new Error("not reached"));
      expect(await run(job, backoff).catch((caught: unknown) => caught)).to.equal(error);
      expect(job.callCount).to.equal(1);
      expect(logger.error.lastCall.args).to.deep.equal([
        { worker: "x", attempt: 1, err: error },
        "failed (attempt 1), giving up this run",
      ]);
    }
  });

  it("fails the run with the error that retryIf throws, and logs that and the failure of the run", async () => {
    const [failure, bug] = [new Error("HTTP 503"), new TypeError("no such field")];
    const retryIf = () => {
      throw bug;
    };
    const outcome = await run(failing(failure), { backoff, retryIf }).catch((caught: unknown) => caught);
    expect(outcome).to.equal(bug);
    expect(logger.warn.args).to.deep.equal([
      [{ worker: "x", attempt: 1, err: failure }, "failed (attempt 1), and so did its retryIf"],
    ]);
    expect(logger.error.args).to.deep.equal([
      [{ worker: "x", attempt: 1, err: bug }, "failed (attempt 1), giving up this run: its retryIf failed"],
    ]);
  });

  it("fails the run with an explanatory error if retryIf returns a promise", async () => {
    const failure = new Error("HTTP 503");
    const retryIf = () => Promise.resolve(true) as never;
    const error = await run(failing(failure), { backoff, retryIf }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(InvalidArgumentError).and.to.include({
      message: "retryIf of x returned a promise: return true or false",
      cause: failure,
    });
  });

  it("does not affect the retry or the next run of a worker that repeats the job", async () => {
    const worker = new DeclarativeWorker({
      name: "x",
      job: failing(new GiveUp("no such account")),
      repeat: "10s",
      retryJob: backoff,
      retry: new StaticBackoff({ sleep: "1s" }),
    });
    const runner = bootstrap([worker], { logger, signals: [] });
    const running = runner.run();
    await clock.tickAsync("12");
    expect(runner.status()[0]).to.include({ phase: "waiting", runs: 1, failures: 1, attempt: 1, nextDue: 21_000 });
    await clock.tickAsync("10");
    expect(runner.status()[0]).to.include({ health: "ok", runs: 2, attempt: 0 });
    await runner.stop();
    await running;
  });

  it("rejects a retryIf that is not a function, and an unknown option", () => {
    expect(() => retryJob(() => {}, { backoff, retryIf: true as never })).to.throw(
      InvalidArgumentError,
      "retryIf is true: pass a function that returns a boolean",
    );
    expect(() => retryJob(() => {}, { backoff, retryWhen: () => true } as never)).to.throw(InvalidArgumentError, "retryWhen");
  });

  for (const [maxAttempts, shown] of [
    [0, "0"],
    [-1, "-1"],
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    ["3", "a string"],
  ] as const) {
    it(`rejects ${shown} for maxAttempts`, () => {
      expect(() => retryJob(() => {}, { backoff, maxAttempts: maxAttempts as never })).to.throw(
        InvalidArgumentError,
        `maxAttempts is ${shown}: pass a whole number, 1 or more`,
      );
    });
  }

  it("rejects what is not a backoff", () => {
    expect(() => retryJob(() => {}, { maxAttempts: 3 } as never)).to.throw(
      InvalidArgumentError,
      "an object with the key maxAttempts is not a backoff: pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)",
    );
  });

  /** A started runner of x, which repeats a job every 10 s. */
  function start(job: JobFunc, policy: Backoff | RetryJobOptions) {
    const worker = new DeclarativeWorker({ name: "x", job, repeat: "10s", retryJob: policy, retry: backoff });
    const runner = bootstrap([worker], { logger, signals: [], signal: stop.signal });
    const running = runner.run();
    const end = (): Promise<void> => {
      stop.abort();
      return running;
    };
    return { runner, end };
  }

  it("logs the recovery of a run that succeeds at its second attempt, also after a run without a failure", async () => {
    let runs = 0;
    const { end } = start(() => (++runs === 2 ? Promise.reject(new Error("HTTP 503")) : undefined), backoff);
    await clock.tickAsync("22");
    expect(logger.info.args.slice(1)).to.deep.equal([
      [{ worker: "x", failures: 1, duration: 1_000 }, "recovered after 1 failure in 1s"],
    ]);
    await end();
  });

  it("does not log a recovery when a second attempt is stopped", async () => {
    let attempts = 0;
    const { end } = start(async ({ signal }) => {
      if (++attempts === 1) throw new Error("HTTP 503");
      await stopped(signal);
      signal.throwIfAborted();
    }, backoff);
    await clock.tickAsync("15");
    await end();
    expect(attempts).to.equal(2);
    expect(logger.info.args.flat().join()).to.not.include("recovered");
  });

  it("inside a worker does not end a problem that the worker has reported if it succeeds at its first attempt", async () => {
    const worker = async (context: WorkerContext) => {
      context.reportHealth(new Error("lagging"));
      await retryJob(() => {}, backoff).runOnce(context);
      await stopped(context.signal);
    };
    const runner = bootstrap([new DeclarativeWorker({ name: "x", worker })], { logger, signals: [] });
    const running = runner.run();
    await clock.tickAsync("01");
    expect(runner.status()[0]).to.include({ phase: "running", health: "firing" });
    await runner.stop();
    await running;
  });

  it("logs a run that its retryIf fails as an error, and at level debug when the same happens to the next runs", async () => {
    const error = new Error("HTTP 404");
    const { end } = start(() => Promise.reject(error), { backoff, retryIf: () => false });
    await clock.tickAsync("22");
    const message = "failed (attempt 1), giving up this run: its retryIf returned false";
    expect(logger.error.args).to.deep.equal([[{ worker: "x", attempt: 1, err: error }, message]]);
    expect(logger.debug.args.map(([, text]) => text)).to.include(`${message}; 2 times in 11s`);
    await end();
  });

  it("logs at level debug a failure that was logged before if its retryIf fails later", async () => {
    const thrown = new Error("no policy");
    const retryIf = (_error: Error, attempt: number) => {
      if (attempt === 2) throw thrown;
      return true;
    };
    const error = new Error("HTTP 503");
    const running = run(failing(error, error), { backoff, retryIf }).catch((caught: unknown) => caught);
    await clock.tickAsync("02");
    expect(await running).to.equal(thrown);
    expect(logger.warn.args.map(([, text]) => text)).to.deep.equal(["failed (attempt 1), retrying in 1s"]);
    expect(logger.debug.args.map(([, text]) => text)).to.deep.equal([
      "failed (attempt 2), and so did its retryIf; 2 times in 1s",
    ]);
    expect(logger.error.args).to.deep.equal([
      [{ worker: "x", attempt: 2, err: thrown }, "failed (attempt 2), giving up this run: its retryIf failed"],
    ]);
  });

  it("logs a failure once that its retryIf throws again", async () => {
    const error = new Error("HTTP 404");
    const retryIf = (failure: Error) => {
      throw failure;
    };
    expect(await run(failing(error), { backoff, retryIf }).catch((caught: unknown) => caught)).to.equal(error);
    expect(logger.warn.called || logger.debug.called).to.equal(false);
    expect(logger.error.callCount).to.equal(1);
  });

  it("names itself when an option does not exist", () => {
    expect(() => retryJob(() => {}, { backoff, maxAttempt: 3 } as never)).to.throw(/^retryJob has no option "maxAttempt"/);
  });
});
