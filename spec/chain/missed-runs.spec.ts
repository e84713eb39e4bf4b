import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  observe,
  type Runner,
  StaticBackoff,
  type WatchbillEvents,
  wait,
} from "watchbill";

describe("Missed runs", () => {
  let clock: sinon.SinonFakeTimers;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  let runner: Runner;
  let events: WatchbillEvents["watchbill:missed"][];
  let unsubscribe: () => void;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    events = [];
    unsubscribe = observe("watchbill:missed", (event) => events.push(event));
  });

  afterEach(async () => {
    unsubscribe();
    void runner.stop();
    await clock.tickAsync("01:00");
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  function start(options: DeclarativeWorkerOptions) {
    runner = bootstrap([new DeclarativeWorker({ name: "x", ...options })], { logger, signals: [] });
    runner.run().catch(() => {});
  }

  const row = () => runner.status()[0];

  const every10s = { next: (after: Date) => new Date(Math.floor(after.getTime() / 10_000) * 10_000 + 10_000) };

  it("due to a long run are counted, published with the reason busy, and logged once", async () => {
    start({ job: () => wait("5s"), repeat: "1s" });
    await clock.tickAsync(26_500);
    // Runs at 1, 6, 11, 16, 21 and 26 s; from the second on, each stands for five that were due.
    expect(row()).to.include({ runs: 6, missed: 20, health: "ok" });
    expect(events).to.deep.equal(Array(5).fill({ worker: "x", count: 4, reason: "busy" }));
    expect(logger.warn.args).to.deep.equal([[{ worker: "x", missed: 4 }, "missed 4 runs: the run before took 5s"]]);
    await clock.tickAsync("01:00");
    expect(logger.warn.args).to.deep.equal([
      [{ worker: "x", missed: 4 }, "missed 4 runs: the run before took 5s"],
      [{ worker: "x", missed: 4 }, "missed 4 runs: the run before took 5s; 52 in 1m"],
    ]);
  });

  it("due to a blocked event loop have the reason blocked", async () => {
    start({ job: () => {}, repeat: "1s" });
    await clock.tickAsync(1_500);
    clock.jump(8_000);
    await clock.tickAsync(0);
    expect(events).to.deep.equal([{ worker: "x", count: 7, reason: "blocked" }]);
    expect(row()).to.include({ runs: 2, missed: 7 });
    expect(logger.warn.args).to.deep.equal([
      [{ worker: "x", missed: 7 }, "missed 7 runs: the event loop was blocked, or the clock was set forward"],
    ]);
  });

  it("during a pause have the reason paused, and are counted but not logged", async () => {
    start({ job: () => {}, repeat: "10s" });
    await clock.tickAsync(11_000);
    void runner.pause("x");
    await clock.tickAsync(44_000);
    runner.resume("x");
    expect(events).to.deep.equal([{ worker: "x", count: 4, reason: "paused" }]);
    expect(row()).to.include({ runs: 1, missed: 4, nextDue: 60_000 });
    await clock.tickAsync(10_000);
    expect(row()).to.include({ runs: 2, missed: 4 });
    expect(logger.warn.called).to.equal(false);
  });

  it("are not counted when a run ends exactly when the next is due", async () => {
    start({ job: () => wait("10s"), repeat: "10s" });
    await clock.tickAsync("10:00");
    expect(row()).to.include({ missed: 0 });
    expect(events).to.deep.equal([]);
  });

  it("are not counted when a run is triggered", async () => {
    start({ job: () => {}, repeat: "10s" });
    await clock.tickAsync(15_000);
    void runner.trigger("x");
    await clock.tickAsync(20_000);
    expect(row()).to.include({ runs: 4, missed: 0 });
  });

  it("of a schedule are counted like those of an interval", async () => {
    const everySecond = { next: (after: Date) => new Date(Math.floor(after.getTime() / 1_000) * 1_000 + 1_000) };
    start({ job: () => wait("5s"), repeat: { schedule: everySecond } });
    await clock.tickAsync(26_500);
    expect(row()).to.include({ missed: 20 });
    expect(events).to.deep.equal(Array(5).fill({ worker: "x", count: 4, reason: "busy" }));
  });

  it("remain in the row after a restart by a retry or by a command", async () => {
    let runs = 0;
    const job = async () => {
      await wait("5s");
      if (++runs === 2) throw new Error("no luck");
    };
    start({ job, repeat: "1s", retry: new StaticBackoff({ sleep: "1h" }) });
    await clock.tickAsync(12_000);
    expect(row()).to.include({ phase: "backoff", runs: 2, missed: 4 });
    void runner.restart("x");
    await clock.tickAsync(500);
    expect(row()).to.include({ phase: "waiting", runs: 2, missed: 4 });
  });

  it("during a pause from the start are in the row of the restarted worker, although it never ran", async () => {
    start({ job: () => {}, repeat: "10s" });
    void runner.pause("x");
    await clock.tickAsync(35_000);
    runner.resume("x");
    expect(row()).to.include({ runs: 0, missed: 3 });
    void runner.restart("x");
    await clock.tickAsync(0);
    expect(row()).to.include({ runs: 0, missed: 3 });
  });

  for (const [what, repeat] of [
    ["an interval", "10s"],
    ["a schedule", every10s],
  ] as const) {
    it(`while a run of ${what} hangs are counted, published and logged within three minutes of its start`, async () => {
      start({ job: () => new Promise(() => {}), repeat, shutdownTimeout: 0 });
      await clock.tickAsync("03:05");
      // The run that started at 10 s delays those of 20 s to 180 s; the last of them will run.
      expect(row()).to.include({ phase: "running", runs: 1, missed: 16 });
      expect(events).to.deep.equal([{ worker: "x", count: 16, reason: "busy" }]);
      expect(logger.warn.args).to.deep.equal([
        [
          { worker: "x", duration: 170_000 },
          "still running after 2m 50s; the runs that are due wait for it: a @Timeout limits it",
        ],
      ]);
    });

    it(`during a long run of ${what} are each counted once, and coalesced into one that starts when it ends`, async () => {
      let runs = 0;
      start({ job: () => (runs++ === 0 ? wait("205s") : undefined), repeat });
      await clock.tickAsync("03:34");
      expect(row()).to.include({ runs: 1, missed: 16 });
      await clock.tickAsync(2_000);
      expect(row()).to.include({ runs: 2, missed: 19 });
      expect(events.map(({ count }) => count).reduce((sum, count) => sum + count)).to.equal(19);
    });
  }

  it("are not reported while a long run holds up no other", async () => {
    start({ job: () => new Promise(() => {}), repeat: "10m", shutdownTimeout: 0 });
    await clock.tickAsync("20:59");
    expect(row()).to.include({ phase: "running", runs: 1, missed: 0 });
    expect(logger.warn.called).to.equal(false);
    // The run that is due since a minute will run.
    await clock.tickAsync("00:01");
    expect(logger.warn.args.map(([, message]) => message)).to.deep.equal([
      "still running after 11m; the runs that are due wait for it: a @Timeout limits it",
    ]);
    expect(events).to.deep.equal([]);
  });

  it("wait for a long run, which is logged once it has taken a minute", async () => {
    start({ job: () => new Promise(() => {}), repeat: { interval: "1m", initialDelay: "2m" }, shutdownTimeout: 0 });
    await clock.tickAsync("03:00");
    expect(logger.warn.args.map(([, message]) => message)).to.deep.equal([
      "still running after 1m; the runs that are due wait for it: a @Timeout limits it",
    ]);
  });

  it("do not include a run that is triggered when it is due", async () => {
    const trigger = () => void runner.trigger("x");
    const workers = [new DeclarativeWorker({ name: "a", job: trigger, repeat: "10s" })];
    runner = bootstrap([...workers, new DeclarativeWorker({ name: "x", job: () => {}, repeat: "10s" })], { logger, signals: [] });
    runner.run().catch(() => {});
    await clock.tickAsync(10_001);
    expect(runner.status()[1]).to.include({ runs: 1, missed: 0 });
    expect(events).to.deep.equal([]);
  });

  for (const [what, repeat] of [
    ["an interval", { interval: "10s", jitter: "9s" }],
    ["a schedule", { schedule: every10s, jitter: "9s" }],
  ] as const) {
    it(`do not include a run of ${what} that its jitter delays beyond the end of a long run`, async () => {
      const random = sinon.stub(Math, "random").returns(0.5);
      const starts: number[] = [];
      const job = () => {
        starts.push(Math.floor(Date.now() / 500) / 2);
        return starts.length === 1 ? wait(166_500) : undefined;
      };
      start({ job, repeat });
      await clock.tickAsync("03:10");
      random.restore();
      // The run that was due at 174.5 s, which stands for all before it; and the next, on time.
      expect(starts).to.deep.equal([14.5, 181, 184.5]);
      expect(row()).to.include({ missed: 15 });
    });
  }

  for (const [what, repeat] of [
    ["an interval", "10s"],
    ["a schedule", every10s],
  ] as const) {
    it(`of ${what} include one that is due exactly when the run before it starts late`, async () => {
      start({ job: () => {}, repeat });
      await clock.tickAsync(5_000);
      clock.jump(15_000);
      await clock.tickAsync(0);
      expect(row()).to.include({ runs: 1, missed: 1, nextDue: 30_000 });
    });
  }

  it("cannot be counted if the schedule fails during a long run; after that run, the worker ends with the error", async () => {
    let isBroken = false;
    const next = (after: Date) => {
      if (isBroken) throw new Error("calendar unreachable");
      return every10s.next(after);
    };
    start({ job: () => wait("10m"), repeat: { next } });
    await clock.tickAsync(15_000);
    isBroken = true;
    await clock.tickAsync("09:00");
    expect(row()).to.include({ phase: "running", runs: 1, missed: 0, health: "init", nextDue: null });
    expect(logger.warn.args).to.deep.equal([]);
    await clock.tickAsync("01:00");
    expect(row()).to.include({ phase: "stopped", runs: 1, health: "firing" });
    expect(row()?.lastError).to.match(/^ScheduleError: The schedule of x threw for /);
  });

  it("include the run of startImmediately, which has no jitter, if a paused worker is restarted", async () => {
    const random = sinon.stub(Math, "random").returns(0.5);
    const repeat = { interval: "10s", jitter: "9s", startImmediately: true } as const;
    start({ job: () => Promise.reject(new Error("no luck")), repeat, retry: new StaticBackoff({ sleep: "1s" }) });
    await clock.tickAsync(500);
    void runner.pause("x");
    await clock.tickAsync(1_500);
    runner.resume("x");
    random.restore();
    expect(row()).to.include({ phase: "waiting", runs: 1, missed: 1, nextDue: 15_500 });
  });
});
