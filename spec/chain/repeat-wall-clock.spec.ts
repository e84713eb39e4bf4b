import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type Duration,
  type Runner,
  repeat,
  type Schedule,
  stopped,
  type WorkerContext,
  wait,
} from "watchbill";

const minute = 60_000;
const hour = 60 * minute;
const hourly: Schedule = { next: (after) => new Date((Math.floor(after.getTime() / hour) + 1) * hour) };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe("A worker that waits for a time of its schedule", () => {
  let clock: sinon.SinonFakeTimers;
  let starts: string[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: new Date("2026-11-24T10:15:00Z"), toNotFake: ["nextTick", "queueMicrotask"] });
    starts = [];
  });

  afterEach(() => clock.restore());

  interface Case {
    readonly when?: Parameters<typeof repeat>[0];
    /** The duration of the first run. */
    readonly takes?: number;
    readonly initialDelay?: Duration;
  }

  /** Runs a job whose starts are recorded, until the end of the test. */
  async function working(test: (runner: Runner) => Promise<void>, { when = hourly, takes = 0, initialDelay }: Case = {}) {
    const job = async () => {
      starts.push(new Date().toISOString().slice(11, 19));
      if (starts.length === 1 && takes > 0) await wait(takes);
    };
    const worker = repeat(when, job, { initialDelay });
    const runner = bootstrap([new DeclarativeWorker({ name: "x", worker })], { logger: silent });
    const running = runner.run();
    await test(runner);
    await runner.stop();
    await running;
    expect(clock.countTimers()).to.equal(0);
  }

  function nextDueOf(runner: Runner): string | undefined {
    const [status] = runner.status();
    expect(status?.phase).to.equal("waiting");
    return status?.nextDue ? new Date(status.nextDue).toISOString() : undefined;
  }

  const setClock = (time: string) => clock.setSystemTime(new Date(`2026-11-24T${time}Z`));

  it("shows that time as nextDue, although it reads the clock in between", () =>
    working(async (runner) => {
      for (const elapsed of ["00:00", "00:30", "01:00", "40:00"]) {
        await clock.tickAsync(elapsed);
        expect(nextDueOf(runner)).to.equal("2026-11-24T11:00:00.000Z");
      }
      await clock.tickAsync("03:30");
      expect(starts).to.deep.equal(["11:00:00"]);
      expect(nextDueOf(runner)).to.equal("2026-11-24T12:00:00.000Z");
    }));

  it("leaves no timer behind when it is stopped", async () => {
    const stop = new AbortController();
    const running = repeat(hourly, () => {}).run({ signal: stop.signal } as never);
    await clock.tickAsync("10:30");
    stop.abort();
    expect(clock.countTimers()).to.equal(0);
    await running;
  });

  it("can wait for a year", () => {
    const next = (after: Date) => new Date(Date.UTC(after.getUTCFullYear() + 1, 10, 24, 10, 15));
    const year = 365 * 24 * hour;
    return working(
      async (runner) => {
        expect(nextDueOf(runner)).to.equal("2027-11-24T10:15:00.000Z");
        // More than a Node timer can hold, and the rest like a machine that sleeps.
        clock.tick(26 * 24 * hour);
        clock.jump(year - 26 * 24 * hour - 5 * minute);
        clock.tick(5 * minute - 1);
        expect(starts).to.deep.equal([]);
        await clock.tickAsync(1);
        expect(starts).to.deep.equal(["10:15:00"]);
        expect(nextDueOf(runner)).to.equal("2028-11-24T10:15:00.000Z");
      },
      { when: { next } },
    );
  });

  it("runs within a minute after a time that the clock jumped over", () =>
    working(async () => {
      await clock.tickAsync("10:30");
      setClock("11:20:00");
      await clock.tickAsync("01:00");
      expect(starts).to.deep.equal(["11:20:30"]);
      await clock.tickAsync("01:00:00");
      expect(starts).to.deep.equal(["11:20:30", "12:00:00"]);
    }));

  it("coalesces the times that the clock jumped over into one", () =>
    working(async () => {
      setClock("14:30:00");
      await clock.tickAsync("01:00");
      expect(starts).to.deep.equal(["14:31:00"]);
      await clock.tickAsync("01:00:00");
      expect(starts).to.deep.equal(["14:31:00", "15:00:00"]);
    }));

  it("runs again at repeated times after the clock was set back by an hour", () =>
    working(async (runner) => {
      await clock.tickAsync("01:15:00");
      setClock("10:30:00");
      await clock.tickAsync("01:00");
      expect(nextDueOf(runner)).to.equal("2026-11-24T11:00:00.000Z");
      await clock.tickAsync("01:44:00");
      expect(starts).to.deep.equal(["11:00:00", "11:00:00", "12:00:00"]);
    }));

  it("runs again at repeated times, even if the clock was set back during a run", () =>
    working(
      async () => {
        await clock.tickAsync("50:00");
        setClock("10:05:00");
        await clock.tickAsync("02:00:00");
        expect(starts).to.deep.equal(["11:00:00", "11:00:00", "12:00:00"]);
      },
      { takes: 10 * minute },
    ));

  it("does not run twice when the clock is corrected by 5 s after a run", () =>
    working(async (runner) => {
      await clock.tickAsync("45:00");
      setClock("10:59:55");
      await clock.tickAsync("02:00");
      expect(starts).to.deep.equal(["11:00:00"]);
      expect(nextDueOf(runner)).to.equal("2026-11-24T12:00:00.000Z");
      await clock.tickAsync("01:00:00");
      expect(starts).to.deep.equal(["11:00:00", "12:00:00"]);
    }));

  it("does not run twice when the clock is corrected by 5 s during a run", () =>
    working(
      async (runner) => {
        await clock.tickAsync("45:01");
        setClock("10:59:56");
        await clock.tickAsync("00:05");
        expect(nextDueOf(runner)).to.equal("2026-11-24T12:00:00.000Z");
        await clock.tickAsync("01:00:00");
        expect(starts).to.deep.equal(["11:00:00", "12:00:00"]);
      },
      { takes: 2_000 },
    ));

  it("does not run twice when the clock is corrected by 5 s after a run, and it was paused meanwhile", () =>
    working(async (runner) => {
      await clock.tickAsync("45:00");
      setClock("10:59:55");
      await runner.pause("x");
      runner.resume("x");
      await clock.tickAsync("01:00:00");
      expect(starts).to.deep.equal(["11:00:00"]);
    }));

  it("keeps its initialDelay when it is triggered before", () =>
    working(
      async (runner) => {
        const triggered = runner.trigger("x");
        await clock.tickAsync("02:15:00");
        await triggered;
        expect(starts).to.deep.equal(["10:15:00"]);
        expect(nextDueOf(runner)).to.equal("2026-11-24T13:00:00.000Z");
      },
      { initialDelay: "2h" },
    ));

  it("does not run early when the clock is corrected by 5 s before a run", () =>
    working(async () => {
      await clock.tickAsync("44:30");
      setClock("10:59:25");
      await clock.tickAsync("00:34");
      expect(starts).to.deep.equal([]);
      await clock.tickAsync("00:01");
      expect(starts).to.deep.equal(["11:00:00"]);
    }));

  for (const [what, time, start] of [
    ["forward", "15:20:00", "16:10:00"],
    ["back", "05:20:00", "06:10:00"],
  ] as const) {
    it(`ignores a clock that is set ${what}, if it has an interval`, () =>
      working(
        async () => {
          await clock.tickAsync("10:00");
          setClock(time);
          await clock.tickAsync("50:00");
          expect(starts).to.deep.equal([start]);
        },
        { when: "1h" },
      ));
  }

  it("does not run twice when the clock is corrected by a minute after a run", () =>
    working(async () => {
      await clock.tickAsync("45:00");
      setClock("10:59:00");
      await clock.tickAsync("02:00");
      expect(starts).to.deep.equal(["11:00:00"]);
    }));

  it("fails once if its schedule throws after the clock was set back", async () => {
    let isBroken = false;
    const next = (after: Date) => {
      if (isBroken) throw new Error("no calendar");
      return hourly.next(after);
    };
    const slow = async ({ signal }: WorkerContext) => {
      await stopped(signal);
      await wait("5s");
    };
    const workers = [new DeclarativeWorker({ name: "x", worker: repeat({ next }, () => {}) })];
    const runner = bootstrap([...workers, new DeclarativeWorker({ name: "slow", worker: slow })], { logger: silent });
    let outcome: unknown = "still runs";
    runner.run().catch((error: unknown) => (outcome = error));
    isBroken = true;
    setClock("10:00:00");
    await clock.tickAsync("01:04");
    expect(outcome).to.equal("still runs");
    await clock.tickAsync("00:01");
    expect(outcome).to.have.property("errors").that.has.lengthOf(1);
  });

  it("fails with the error of a schedule that threw while runs were skipped, even if it does not throw again", async () => {
    const cause = new Error("no calendar");
    let isBroken = false;
    const next = (after: Date) => {
      if (isBroken) {
        isBroken = false;
        throw cause;
      }
      return hourly.next(after);
    };
    const worker = new DeclarativeWorker({ name: "x", worker: repeat({ next }, () => {}) });
    const runner = bootstrap([worker], { logger: silent });
    let outcome: unknown;
    runner.run().catch((error: unknown) => (outcome = error));
    await clock.tickAsync("10:00");
    await runner.pause("x");
    await clock.tickAsync("02:00:00");
    // The time of 11:00 was drawn before the pause.
    isBroken = true;
    runner.resume("x");
    await clock.tickAsync("02:00:00");
    expect(outcome).to.have.property("errors").that.has.lengthOf(1);
    expect(outcome).to.have.nested.property("errors[0].cause", cause);
  });
});
