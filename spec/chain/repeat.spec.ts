import { expect } from "chai";
import sinon from "sinon";
import { InvalidArgumentError, type JobFunc, type RepeatOptions, repeat, wait } from "watchbill";

describe("repeat", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let starts: number[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    starts = [];
  });

  afterEach(() => clock.restore());

  /** Repeats a job whose starts are recorded. */
  function run(interval: Parameters<typeof repeat>[0], job: JobFunc = () => {}, options?: RepeatOptions): Promise<void> {
    const recorded: JobFunc = (context) => {
      starts.push(Date.now());
      return job(context);
    };
    const logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    return Promise.resolve(
      repeat(interval, recorded, options).run({ signal: stop.signal, name: "x", attempt: 0, logger, reportHealth() {} }),
    );
  }

  /** A job whose n-th run takes the n-th of these times; all further runs take no time. */
  function taking(...durations: number[]): JobFunc {
    return async () => {
      const duration = durations.shift() ?? 0;
      if (duration > 0) await wait(duration);
    };
  }

  it("first runs after one interval, and then every interval", async () => {
    const running = run("1s");
    await clock.tickAsync(3_500);
    stop.abort();
    await running;
    expect(starts).to.deep.equal([1_000, 2_000, 3_000]);
  });

  it("runs at the start too with startImmediately", async () => {
    const running = run("1s", undefined, { startImmediately: true });
    await clock.tickAsync(2_500);
    stop.abort();
    await running;
    expect(starts).to.deep.equal([0, 1_000, 2_000]);
  });

  it("measures the interval from start to start, not from end to start", async () => {
    const running = run("1s", taking(700, 300, 999));
    await clock.tickAsync(4_500);
    stop.abort();
    await running;
    expect(starts).to.deep.equal([1_000, 2_000, 3_000, 4_000]);
  });

  it("never overlaps two runs", async () => {
    let running = 0;
    let most = 0;
    const repeated = run("1s", async () => {
      most = Math.max(most, ++running);
      await wait("2.3s");
      running--;
    });
    await clock.tickAsync(60_000);
    stop.abort();
    await clock.tickAsync(2_300);
    await repeated;
    expect(most).to.equal(1);
    expect(starts).to.have.lengthOf(26);
  });

  it("coalesces runs missed while the event loop was blocked into one, and stays on its grid", async () => {
    const running = run("1s");
    await clock.tickAsync(1_500);
    clock.jump(4_200);
    await clock.tickAsync(2_000);
    stop.abort();
    await running;
    expect(starts).to.deep.equal([1_000, 5_700, 6_000, 7_000]);
  });

  it("coalesces runs missed while a job itself blocked the event loop into one, on the real clock", async () => {
    clock.restore();
    const times: number[] = [];
    const origin = performance.now();
    await run(
      100,
      () => {
        times.push(performance.now() - origin);
        while (times.length === 1 && performance.now() < origin + 350);
        if (times.length === 3) stop.abort();
      },
      { startImmediately: true },
    );
    expect(times[1]).to.be.at.least(350);
    expect(times[2]).to.be.at.least(400);
  });

  it("ends with the error of a run that rejects, by identity", async () => {
    const error = new Error("no luck");
    let runs = 0;
    const running = run("1s", async () => {
      if (++runs === 3) throw error;
    }).catch((caught: unknown) => caught);
    await clock.tickAsync(10_000);
    expect(await running).to.equal(error);
    expect(starts).to.deep.equal([1_000, 2_000, 3_000]);
    expect(clock.countTimers()).to.equal(0);
  });

  it("ends with the error of a run that throws synchronously, by identity", async () => {
    const error = new Error("no luck");
    const running = run("1s", () => {
      throw error;
    }).catch((caught: unknown) => caught);
    await clock.tickAsync(1_000);
    expect(await running).to.equal(error);
  });

  for (const [interval, ms] of [
    ["25d", 2_160_000_000],
    ["30d", 2_592_000_000],
    ["1095d", 94_608_000_000],
  ] as const) {
    it(`keeps an interval of ${interval}, longer than a Node timer can be`, async () => {
      const running = run(interval);
      await clock.tickAsync(ms - 1);
      expect(starts).to.deep.equal([]);
      await clock.tickAsync(1);
      expect(starts).to.deep.equal([ms]);
      await clock.tickAsync(ms);
      stop.abort();
      await running;
      expect(starts).to.deep.equal([ms, 2 * ms]);
    });
  }

  it("stops immediately while it waits, and leaves no timer behind", async () => {
    const running = run("1h");
    await clock.tickAsync(1_000);
    stop.abort();
    expect(clock.countTimers()).to.equal(0);
    await running;
    expect(starts).to.deep.equal([]);
  });

  it("lets the run in progress end before it stops", async () => {
    const running = run("1s", taking(5_000));
    const ended = sinon.spy();
    void running.then(ended);
    await clock.tickAsync(2_000);
    stop.abort();
    await clock.tickAsync(3_999);
    expect(ended.called).to.equal(false);
    await clock.tickAsync(1);
    expect(ended.called).to.equal(true);
    expect(starts).to.deep.equal([1_000]);
  });

  it("rejects an interval of 0", () => {
    expect(() => repeat(0, () => {})).to.throw(
      InvalidArgumentError,
      /^0 ms is too short for an interval: pass 1 ms or more, or retry a worker without a backoff$/,
    );
  });

  it("rejects an interval that is not a duration", () => {
    expect(() => repeat("soon" as never, () => {})).to.throw(
      InvalidArgumentError,
      /^'soon' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1\.5s"$/,
    );
  });
});
