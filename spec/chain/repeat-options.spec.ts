import { expect } from "chai";
import sinon from "sinon";
import {
  DeclarativeWorker,
  type Duration,
  InvalidArgumentError,
  type JobFunc,
  type RepeatOptions,
  repeat,
  retry,
  type Schedule,
  StaticBackoff,
  wait,
} from "watchbill";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe("The options of repeat", () => {
  let clock: sinon.SinonFakeTimers;
  let starts: number[];

  beforeEach(() => {
    // Not at 0, so that a delay cannot be confused with a time.
    clock = sinon.useFakeTimers({ now: 1_000_000, toNotFake: ["nextTick", "queueMicrotask"] });
    starts = [];
  });

  afterEach(() => {
    sinon.restore();
    clock.restore();
  });

  /** Repeats a job for that many seconds, and returns its starts, in seconds after that of the worker. */
  async function startsOf(
    options: RepeatOptions,
    { seconds = 40, interval = "10s", job = () => {} }: { seconds?: number; interval?: Duration; job?: JobFunc } = {},
  ): Promise<number[]> {
    const begin = Date.now();
    const stop = new AbortController();
    const recorded: JobFunc = (context) => {
      // To 10 ms: immediates take 1 ms on the fake clock.
      starts.push(Math.floor((Date.now() - begin) / 10) / 100);
      return job(context);
    };
    const worker = retry(repeat(interval, recorded, options), new StaticBackoff({ sleep: "1s" }));
    const running = worker.run({ signal: stop.signal, name: "x", attempt: 0, logger: silent, reportHealth() {} });
    await clock.tickAsync(seconds * 1_000);
    stop.abort();
    expect(clock.countTimers()).to.equal(0);
    await running;
    return starts;
  }

  /** The random number for the run after that many others; 0 for all others. */
  const draw = (...chances: number[]) => sinon.stub(Math, "random").callsFake(() => chances[starts.length] ?? 0);

  const onceTaking = (duration: Duration): JobFunc => {
    return () => (starts.length === 1 ? wait(duration) : undefined);
  };

  describe("initialDelay", () => {
    it("sets the time of the first run, at which the grid starts", async () => {
      expect(await startsOf({ initialDelay: "3s" })).to.deep.equal([3, 13, 23, 33]);
    });

    it("can be longer than the interval", async () => {
      expect(await startsOf({ initialDelay: "25s" })).to.deep.equal([25, 35]);
    });

    it("can be as long as the interval, which is the default", async () => {
      expect(await startsOf({ initialDelay: "10s" })).to.deep.equal([10, 20, 30, 40]);
      starts = [];
      expect(await startsOf({})).to.deep.equal([10, 20, 30, 40]);
    });

    it("of 0 starts the first run immediately", async () => {
      expect(await startsOf({ initialDelay: 0 })).to.deep.equal([0, 10, 20, 30, 40]);
    });

    it("does not shift the grid when the first run is long", async () => {
      expect(await startsOf({ initialDelay: "3s" }, { job: onceTaking("12s") })).to.deep.equal([3, 15, 23, 33]);
    });

    it("applies again when the worker is restarted", async () => {
      const job = () => {
        if (starts.length === 2) throw new Error("no luck");
      };
      expect(await startsOf({ initialDelay: "3s" }, { job })).to.deep.equal([3, 13, 17, 27, 37]);
    });
  });

  describe("jitter", () => {
    it("delays each run by a new random part of it, without shifting the grid", async () => {
      draw(0.5, 0, 0.75, 0.25);
      expect(await startsOf({ jitter: "8s" }, { seconds: 45 })).to.deep.equal([14, 20, 36, 42]);
    });

    it("is relative to the grid, not to the run before", async () => {
      sinon.stub(Math, "random").returns(0.5);
      const starts = await startsOf({ jitter: "8s" }, { seconds: 10_000 });
      expect(starts).to.have.lengthOf(999);
      expect(starts).to.deep.equal(starts.map((_, index) => 10 * (index + 1) + 4));
    });

    it("skips no run even if it is nearly as long as the interval", async () => {
      sinon.stub(Math, "random").returns(0.9999);
      const starts = await startsOf({ jitter: 9_999 }, { seconds: 50 });
      expect(starts.map(Math.floor)).to.deep.equal([19, 29, 39, 49]);
    });

    it("does not delay the first run with startImmediately", async () => {
      draw(0.75, 0.5, 0.25);
      expect(await startsOf({ jitter: "8s", startImmediately: true }, { seconds: 25 })).to.deep.equal([0, 14, 22]);
    });

    it("is added to the initialDelay", async () => {
      draw(0.5, 0.25);
      expect(await startsOf({ jitter: "8s", initialDelay: "3s" }, { seconds: 20 })).to.deep.equal([7, 15]);
    });

    it("is also drawn for a run into which missed runs are coalesced", async () => {
      draw(0, 0.5, 0.25);
      // The run of 20 s is due at 24 s, which has passed when the first run ends.
      expect(await startsOf({ jitter: "8s" }, { job: onceTaking("15s"), seconds: 35 })).to.deep.equal([10, 25, 32]);
    });

    for (const [interval, jitter, shown] of [
      ["10s", "10s", "10000 ms would skip runs at an interval of 10000 ms"],
      ["10s", "1m", "60000 ms would skip runs at an interval of 10000 ms"],
      [1, 1, "1 ms would skip runs at an interval of 1 ms"],
    ] as const) {
      it(`of ${jitter} is rejected for an interval of ${interval}`, () => {
        expect(() => repeat(interval, () => {}, { jitter }))
          .to.throw(InvalidArgumentError)
          .with.property("message", `A jitter of ${shown}: pass a shorter one`);
      });
    }
  });

  describe("in the fields of a DeclarativeWorker", () => {
    const declared = (options: RepeatOptions) =>
      new DeclarativeWorker({ job() {}, repeat: { interval: "1m", ...options } }).repeat;
    const schedule: Schedule = { next: (after) => new Date(after.getTime() + 1) };

    it("are shown in ms", () => {
      const both = { initialDelay: "1.5s", jitter: "250ms" } as const;
      const shown = { startImmediately: false, initialDelay: 1_500, jitter: 250 };
      expect(declared(both)).to.deep.equal({ interval: 60_000, ...shown });
      expect(new DeclarativeWorker({ job() {}, repeat: { schedule, ...both } }).repeat).to.deep.equal({ schedule, ...shown });
    });

    it("are absent if they were not set", () => {
      expect(declared({})).to.have.all.keys("interval", "startImmediately");
      expect(declared({ initialDelay: undefined, jitter: undefined })).to.have.all.keys("interval", "startImmediately");
      expect(declared({ initialDelay: 0 })).to.deep.equal({ interval: 60_000, startImmediately: false, initialDelay: 0 });
    });
  });

  const hint = 'use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"';
  for (const [options, message] of [
    [{ initialDelay: "soon" }, `initialDelay: 'soon' is not a duration: ${hint}`],
    [{ initialDelay: -1 }, `initialDelay: -1 is not a duration: ${hint}`],
    [{ initialDelay: null }, `initialDelay: null is not a duration: ${hint}`],
    [{ jitter: "5 s" }, `jitter: '5 s' is not a duration: ${hint}`],
    [{ jitter: Number.NaN }, `jitter: NaN is not a duration: ${hint}`],
    [{ startImmediately: "yes" }, "startImmediately is a string: pass true or false"],
    [{ startImmediately: true, initialDelay: "3s" }, "startImmediately and initialDelay contradict each other: pass one of them"],
    [{ startImmediately: true, initialDelay: 0 }, "startImmediately and initialDelay contradict each other: pass one of them"],
    [null, "The options of repeat are null: pass an object"],
  ] as [never, string][]) {
    it(`are rejected: ${message}`, () => {
      expect(() => repeat("10s", () => {}, options))
        .to.throw(InvalidArgumentError)
        .with.property("message", message);
    });
  }
});
