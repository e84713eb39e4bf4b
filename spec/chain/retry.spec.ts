import { expect } from "chai";
import sinon from "sinon";
import {
  type Backoff,
  ExponentialBackoff,
  InvalidArgumentError,
  type RetryOptions,
  repeat,
  retry,
  StaticBackoff,
  stopped,
  type WorkerContext,
  type WorkerFunc,
  wait,
} from "watchbill";

describe("retry", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  const backoff = new StaticBackoff({ sleep: "5s" });

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(() => clock.restore());

  async function run(worker: Parameters<typeof retry>[0], policy: Backoff | RetryOptions): Promise<void> {
    await retry(worker, policy).run({ signal: stop.signal, name: "x", attempt: 0, logger, reportHealth() {} });
  }

  /** Runs a worker with these endings, one after the other, and then until it is stopped. Records the times and attempts. */
  function ending(...endings: (Error | "return")[]): WorkerFunc & { readonly runs: { at: number; attempt: number }[] } {
    const runs: { at: number; attempt: number }[] = [];
    const worker = async ({ attempt, signal }: WorkerContext) => {
      runs.push({ at: Date.now(), attempt });
      const end = endings.shift();
      if (end === undefined) await stopped(signal);
      if (end instanceof Error) throw end;
    };
    return Object.assign(worker, { runs });
  }

  it("restarts a worker that failed, and one that returned", async () => {
    const worker = ending(new Error("a"), "return", new Error("b"));
    const running = run(worker, backoff);
    await clock.tickAsync(60_000);
    stop.abort();
    await running;
    expect(worker.runs).to.have.lengthOf(4);
  });

  it("waits for exactly duration(attempt) before each restart", async () => {
    const worker = ending(new Error("a"), new Error("b"), new Error("c"), new Error("d"), new Error("e"));
    const running = run(worker, new ExponentialBackoff({ initial: "1s", max: "6s" }));
    await clock.tickAsync(60_000);
    stop.abort();
    await running;
    expect(worker.runs.map(({ at }) => at)).to.deep.equal([0, 1_000, 3_000, 7_000, 13_000, 19_000]);
  });

  it("counts consecutive failures in the context and for the backoff, from 0 after a normal return", async () => {
    const duration = sinon.stub<[number], number>().callsFake((attempt) => attempt * 100);
    const worker = ending(new Error("a"), new Error("b"), "return", new Error("c"));
    const running = run(worker, { duration });
    await clock.tickAsync(10_000);
    stop.abort();
    await running;
    expect(duration.args).to.deep.equal([[1], [2], [0], [1]]);
    expect(worker.runs.map(({ attempt }) => attempt)).to.deep.equal([0, 1, 2, 0, 1]);
  });

  it("resets the failures after a successful run of a repeated job", async () => {
    const attempts: number[] = [];
    const outcomes = ["fail", "fail", "succeed", "fail", "succeed"];
    const job = async ({ attempt }: WorkerContext) => {
      attempts.push(attempt);
      if (outcomes.shift() === "fail") throw new Error("no luck");
    };
    const running = run(repeat("1s", job), backoff);
    await clock.tickAsync(60_000);
    stop.abort();
    await running;
    expect(attempts.slice(0, 6)).to.deep.equal([0, 1, 2, 0, 1, 0]);
  });

  for (const [options, remark] of [
    [{}, ", next run in 1m 5s"],
    [{ startImmediately: true }, ""],
  ] as const) {
    it(`logs when a repeated job runs next, unless that is at its restart: ${JSON.stringify(options)}`, async () => {
      const job = () => Promise.reject(new Error("HTTP 503"));
      const running = run(repeat("1m", job, options), backoff);
      await clock.tickAsync(60_000);
      expect(logger.warn.firstCall.args[1]).to.equal(`failed (attempt 1), restarting in 5s${remark}`);
      stop.abort();
      await running;
    });
  }

  it("starts a new grid of a repeated job with each restart", async () => {
    const starts: number[] = [];
    const job = async () => {
      starts.push(Date.now());
      if (starts.length === 2) throw new Error("no luck");
    };
    const running = run(repeat("1s", job), new StaticBackoff({ sleep: 300 }));
    await clock.tickAsync(4_500);
    stop.abort();
    await running;
    expect(starts).to.deep.equal([1_000, 2_000, 3_300, 4_300]);
  });

  for (const { resetAfter, ms, what } of [
    { resetAfter: undefined, ms: 60_000, what: "a minute" },
    { resetAfter: "10s" as const, ms: 10_000, what: "resetAfter" },
  ]) {
    it(`resets the failures after it stayed up for ${what}, and not a ms earlier`, async () => {
      const attempts: number[] = [];
      const uptimes = [0, 0, ms - 1, ms, ms + 1];
      const worker = async ({ attempt, signal }: WorkerContext) => {
        attempts.push(attempt);
        const uptime = uptimes.shift();
        await wait(uptime ?? "365d", { signal });
        if (uptime !== undefined) throw new Error("no luck");
      };
      const running = run(worker, { backoff, resetAfter });
      await clock.tickAsync(10 * ms);
      stop.abort();
      await running;
      expect(attempts).to.deep.equal([0, 1, 2, 3, 1, 1]);
    });
  }

  it("stops immediately during its backoff, and leaves no timer behind", async () => {
    const worker = ending(new Error("a"));
    const running = run(worker, new StaticBackoff({ sleep: "1h" }));
    await clock.tickAsync(1_000);
    stop.abort();
    expect(clock.countTimers()).to.equal(0);
    await running;
    expect(worker.runs).to.have.lengthOf(1);
  });

  it("does not restart a worker that returned because it was stopped", async () => {
    const worker = ending();
    const running = run(worker, new StaticBackoff({ sleep: 0 }));
    await clock.tickAsync(1_000);
    stop.abort();
    await clock.tickAsync(10_000);
    await running;
    expect(worker.runs).to.have.lengthOf(1);
    expect(logger.debug.args).to.deep.equal([]);
  });

  it("ends with the error of a worker that fails while it stops", async () => {
    const error = new Error("the connection would not close");
    const worker = async ({ signal }: WorkerContext) => {
      await stopped(signal);
      throw error;
    };
    const running = run(worker, backoff).catch((caught: unknown) => caught);
    stop.abort();
    expect(await running).to.equal(error);
  });

  it("logs every failure with worker, attempt, delay and error", async () => {
    const [first, second] = [new Error("a"), new Error("b")];
    const running = run(ending(first, second), new ExponentialBackoff({ initial: "1s", max: "1m" }));
    await clock.tickAsync(60_000);
    stop.abort();
    await running;
    expect(logger.warn.args).to.deep.equal([
      [{ worker: "x", attempt: 1, delay: 1_000, err: first }, "failed (attempt 1), restarting in 1s"],
      [{ worker: "x", attempt: 2, delay: 2_000, err: second }, "failed (attempt 2), restarting in 2s"],
    ]);
    expect(logger.warn.firstCall.firstArg.err).to.equal(first);
    expect(logger.error.called).to.equal(false);
  });

  it("logs a normal return at level debug", async () => {
    const running = run(ending("return"), backoff);
    await clock.tickAsync(1_000);
    stop.abort();
    await running;
    expect(logger.debug.args).to.deep.equal([[{ worker: "x", attempt: 0, delay: 0 }, "returned, restarting in 0ms"]]);
    expect(logger.error.args).to.deep.equal([]);
  });

  it("rejects what is not a backoff, and a resetAfter that is not a duration", () => {
    const hint = "pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)";
    expect(() => retry(() => {}, 5 as never)).to.throw(InvalidArgumentError, `5 is not a backoff: ${hint}`);
    expect(() => retry(() => {}, undefined as never)).to.throw(InvalidArgumentError, `undefined is not a backoff: ${hint}`);
    expect(() => retry(() => {}, { backoff, resetAfter: "soon" as never })).to.throw(
      InvalidArgumentError,
      `'soon' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`,
    );
  });

  it("counts consecutive failures of a repeated job, however long it waits between its runs", async () => {
    const attempts: number[] = [];
    const job = ({ attempt }: WorkerContext) => {
      attempts.push(attempt);
      if (attempts.length !== 4) throw new Error("no");
    };
    const running = run(repeat("10m", job), { backoff, resetAfter: "1m" });
    await clock.tickAsync("01:05:00");
    expect(attempts).to.deep.equal([0, 1, 2, 3, 0, 1]);
    stop.abort();
    await running;
  });
});
