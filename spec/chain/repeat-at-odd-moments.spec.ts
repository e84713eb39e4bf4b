import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  InvalidArgumentError,
  type JobFunc,
  type RepeatDeclaration,
  type RepeatOptions,
  type Runner,
  repeat,
  retry,
  type Schedule,
  ScheduleError,
  StaticBackoff,
  wait,
} from "watchbill";
import { cron } from "watchbill/cron";

const hour = 3_600_000;
const hourly: Schedule = { next: (after) => new Date((Math.floor(after.getTime() / hour) + 1) * hour) };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe("Schedules and options of repeat at unusual moments", () => {
  let clock: sinon.SinonFakeTimers;
  let starts: string[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: new Date("2026-11-24T10:15:00Z"), toNotFake: ["nextTick", "queueMicrotask"] });
    starts = [];
  });

  afterEach(() => {
    sinon.restore();
    clock.restore();
  });

  const setClock = (time: string) => clock.setSystemTime(new Date(`2026-11-24T${time}Z`));

  /** A started runner of x, whose starts are recorded. */
  function running(when: Parameters<typeof repeat>[0], options: RepeatOptions = {}, job: JobFunc = () => {}): Runner {
    const recorded: JobFunc = (context) => {
      starts.push(new Date().toISOString().slice(11, 19));
      return job(context);
    };
    const worker = retry(repeat(when, recorded, options), new StaticBackoff({ sleep: "1s" }));
    const runner = bootstrap([new DeclarativeWorker({ name: "x", worker })], { logger: silent });
    void runner.run().catch(() => {});
    return runner;
  }

  it("a DeclarativeWorker accepts a schedule for its repeat, as RepeatDeclaration does", () => {
    const declared = new DeclarativeWorker({ name: "x", job() {}, repeat: hourly });
    expect(declared.repeat).to.deep.equal({ schedule: hourly, startImmediately: false });
  });

  describe("a schedule that returns an object whose getTime throws", () => {
    const trap = {
      getTime() {
        throw new Error("gotcha");
      },
    };

    it("is rejected at the declaration", () => {
      expect(() => repeat({ next: () => trap as never }, () => {})).to.throw(InvalidArgumentError);
    });

    it("ends the worker with a ScheduleError", async () => {
      const next = (after: Date) => (after.getTime() < Date.parse("2026-11-24T11:00Z") ? hourly.next(after) : (trap as never));
      const worker = repeat({ next }, () => void starts.push(""));
      const failed = Promise.resolve(worker.run({ logger: silent } as never)).catch((error: unknown) => error);
      await clock.tickAsync("45:00");
      expect(starts).to.have.lengthOf(1);
      expect(await Promise.race([failed, Promise.resolve("still runs")])).to.be.instanceOf(ScheduleError);
    });
  });

  for (const pattern of ["0 2,14 * * *", "0,30 2 * * *", "30 2-2,14 * * *"]) {
    it(`a fixed time of ${pattern} is due once on a day with a change of the clock`, () => {
      const schedule = cron(pattern, { timezone: "Europe/Berlin" });
      const gap = schedule.next(new Date("2026-03-28T23:00Z"));
      expect(gap, "in the gap").to.deep.equal(new Date("2026-03-29T01:00Z"));
      // From here on, 2:00 to 3:00 repeats.
      const next = schedule.next(new Date("2026-10-25T00:59Z"));
      expect(next?.getTime(), "the second time").to.be.at.least(Date.parse("2026-10-25T02:00Z"));
    });
  }

  it("resuming a worker that is not paused does not skip a run that its jitter delays", async () => {
    sinon.stub(Math, "random").returns(0.5);
    for (const when of [hourly, "45m"] as const) {
      starts = [];
      setClock("10:15:00");
      const runner = running(when, { jitter: "20m" });
      await clock.tickAsync("50:00");
      runner.resume("x");
      await clock.tickAsync("05:01");
      await runner.stop();
      expect(starts, typeof when).to.deep.equal(["11:10:00"]);
    }
  });

  it("nextDue is never 0 when a trigger ends a backoff", async () => {
    const runner = running(hourly, {}, () => {
      throw new Error("no luck");
    });
    await clock.tickAsync("45:00");
    expect(runner.status()[0]).to.include({ phase: "backoff" });
    const triggered = runner.trigger("x").catch(() => {});
    const seen: (number | null | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      clock.next();
      seen.push(runner.status()[0]?.nextDue);
    }
    await triggered;
    await runner.stop();
    expect(seen).not.to.include(0);
  });

  it("times repeat after the clock was set back by 90 s, however long ago it was last read", async () => {
    const runner = running(hourly);
    await clock.tickAsync("45:50");
    setClock("10:59:20");
    await clock.tickAsync("02:00");
    await runner.stop();
    expect(starts).to.deep.equal(["11:00:00", "11:00:00"]);
  });

  it("a time that repeats during a long run counts as missed like any other", async () => {
    const runner = running(hourly, {}, () => (starts.length === 1 ? wait("90m") : undefined));
    await clock.tickAsync("01:05:00");
    setClock("10:20:00");
    await clock.tickAsync("01:20:00");
    await runner.stop();
    expect(starts).to.deep.equal(["11:00:00", "11:30:00"]);
  });

  it("the initialDelay is not shortened when the clock is set back", async () => {
    const runner = running(hourly, { initialDelay: "3h" });
    await clock.tickAsync("05:00");
    setClock("09:20:00");
    await clock.tickAsync("02:50:00");
    await runner.stop();
    expect(starts).to.deep.equal([]);
  });

  it("an initialDelay of 0 has jitter like any other", async () => {
    sinon.stub(Math, "random").returns(0.5);
    const runner = running("1h", { initialDelay: 0, jitter: "20m" });
    await clock.tickAsync("15:00");
    await runner.stop();
    expect(starts).to.deep.equal(["10:25:00"]);
  });

  it("a time exactly at the end of the initialDelay is not skipped", async () => {
    const runner = running(hourly, { initialDelay: "45m" });
    await clock.tickAsync("50:00");
    await runner.stop();
    expect(starts).to.deep.equal(["11:00:00"]);
  });

  it("a jitter of 0 is shown for a schedule if it is for an interval", () => {
    const shown = (declared: RepeatDeclaration) =>
      "jitter" in (new DeclarativeWorker({ job() {}, repeat: declared }).repeat ?? {});
    expect(shown({ schedule: hourly, jitter: 0 })).to.equal(shown({ interval: "1h", jitter: 0 }));
  });

  it("an interval besides a schedule is rejected, although the types allow it", () => {
    expect(() => new DeclarativeWorker({ job() {}, repeat: { schedule: hourly, interval: "1h" } })).to.throw(
      InvalidArgumentError,
      "repeat has both an interval and a schedule: pass one of them",
    );
  });

  it("a stop during a call of the schedule lets the due run start, and no other", async () => {
    const stop = new AbortController();
    const next = (after: Date) => {
      if (after.getTime() >= Date.parse("2026-11-24T11:00Z")) stop.abort();
      return hourly.next(after);
    };
    const worker = repeat({ next }, () => void starts.push(""));
    let ended = false;
    void Promise.resolve(worker.run({ signal: stop.signal, logger: silent } as never)).then(() => (ended = true));
    await clock.tickAsync("45:00");
    expect(stop.signal.aborted).to.equal(true);
    expect(ended).to.equal(true);
    expect(starts).to.deep.equal([""]);
  });
});
