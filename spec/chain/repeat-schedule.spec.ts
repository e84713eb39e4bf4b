import { expect } from "chai";
import { type SinonFakeTimers, type SinonSpy, spy, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  InvalidArgumentError,
  type JobFunc,
  type RepeatOptions,
  repeat,
  retry,
  type Schedule,
  ScheduleError,
  StaticBackoff,
  wait,
} from "watchbill";
import { untouchable } from "../errors/hostile-values.fixture.js";
import { escapedFrom } from "../unhandled-rejections.fixture.js";

const hour = 3_600_000;
const hourly: Schedule = { next: (after) => new Date((Math.floor(after.getTime() / hour) + 1) * hour) };
const cure = "it must return a Date later than its argument, or null if there is none";

/** Due at these times and never again. */
const at = (...times: string[]): Schedule => ({
  next: (after) => times.map((time) => new Date(time)).find((time) => time > after) ?? null,
});

describe("repeat with a schedule", () => {
  let clock: SinonFakeTimers;
  let stop: AbortController;
  let starts: string[];
  let logger: Record<"debug" | "info" | "warn" | "error", SinonSpy>;

  beforeEach(() => {
    clock = useFakeTimers({ now: new Date("2026-11-24T10:15:00Z"), toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    starts = [];
    logger = { debug: spy(), info: spy(), warn: spy(), error: spy() };
  });

  afterEach(() => {
    const left = clock.countTimers();
    clock.restore();
    expect(left).to.equal(0);
  });

  const context = () => ({ signal: stop.signal, name: "x", attempt: 0, logger, reportHealth() {} });

  /** Repeats a job whose starts are recorded. */
  function recording(schedule: Schedule, job: JobFunc = () => {}, options?: RepeatOptions) {
    const recorded: JobFunc = (given) => {
      starts.push(new Date().toISOString().slice(11, 19));
      return job(given);
    };
    return repeat(schedule, recorded, options);
  }

  /** Runs it for so long, lets it stop, and tells the starts. */
  async function startsWithin(time: string, ...args: Parameters<typeof recording>): Promise<string[]> {
    const running = recording(...args).run(context());
    await clock.tickAsync(time);
    stop.abort();
    await running;
    return starts;
  }

  /** A job whose n-th run takes the n-th of these hours, and all further runs none. */
  const taking = (...hours: number[]): JobFunc => {
    const durations = hours.values();
    return () => wait((durations.next().value ?? 0) * hour);
  };

  it("runs at the times of the schedule, on the wall clock", async () => {
    expect(await startsWithin("02:45:00", hourly)).to.deep.equal(["11:00:00", "12:00:00", "13:00:00"]);
  });

  it("never overlaps two runs; of the times that one missed, it makes up for one at once and drops the rest", async () => {
    const starts = await startsWithin("05:00:00", hourly, taking(2.5));
    expect(starts).to.deep.equal(["11:00:00", "13:30:00", "14:00:00", "15:00:00"]);
  });

  it("drops nothing when a run ends at the very time of the next", async () => {
    expect(await startsWithin("03:00:00", hourly, taking(1, 1))).to.deep.equal(["11:00:00", "12:00:00", "13:00:00"]);
  });

  it("asks for the time after a later one each time, and first for the one after the start", async () => {
    const next = spy((after: Date) => hourly.next(after));
    const worker = recording({ next }, taking(2.5, 0, 0));
    next.resetHistory();
    const running = worker.run(context());
    await clock.tickAsync("05:00:00");
    stop.abort();
    await running;
    const asked = next.args.map(([after]) => after.getTime());
    expect(asked[0]).to.equal(Date.parse("2026-11-24T10:15:00Z"));
    // One for each time, also for those that were missed: they are counted.
    expect(asked).to.have.lengthOf(6);
    expect(asked.slice(1).every((time, index) => time > (asked[index] ?? Number.NaN))).to.equal(true);
  });

  it("has completed once there is no further time, and says so", async () => {
    const running = recording(at("2026-11-24T11:00Z", "2026-11-24T12:00Z")).run(context());
    await clock.tickAsync("01:45:00");
    await running;
    expect(starts).to.deep.equal(["11:00:00", "12:00:00"]);
    expect(logger.info.args).to.deep.equal([[{ worker: "x" }, "completed: its schedule has no further time"]]);
    expect([...logger.warn.args, ...logger.error.args]).to.deep.equal([]);
  });

  it("that has completed is not retried, has not failed, and lets the runner go on", async () => {
    const done = retry(
      repeat(at("2026-11-24T11:00Z"), () => {}),
      new StaticBackoff({ sleep: "1s" }),
    );
    const other = repeat(hourly, () => {});
    const runner = bootstrap(
      [new DeclarativeWorker({ name: "x", worker: done }), new DeclarativeWorker({ name: "y", worker: other })],
      {
        logger,
      },
    );
    const running = runner.run();
    await clock.tickAsync("45:00");
    expect(runner.status()[0]).to.deep.include({ phase: "stopped", health: "ok", runs: 1, failures: 0, nextDue: null });
    await clock.tickAsync("01:00:00");
    expect(runner.status()[1]).to.deep.include({ phase: "waiting", runs: 2 });
    await runner.stop();
    await running;
  });

  for (const [what, answer, shown] of [
    ["a time before the one that it was given", new Date("2020-01-01"), "2020-01-01T00:00:00.000Z"],
    ["the very time that it was given", new Date("2026-11-24T11:00Z"), "2026-11-24T11:00:00.000Z"],
    ["an invalid Date", new Date(Number.NaN), "Invalid Date"],
    ["no Date but its ms", Date.parse("2026-11-24T12:00Z"), "1795521600000"],
    ["undefined", undefined, "undefined"],
  ] as const) {
    it(`ends with a ScheduleError after it returned ${what}`, async () => {
      // It is asked for the next time when a run begins, and that run is not lost for it.
      const next = (after: Date) => (after.getTime() < Date.parse("2026-11-24T11:00Z") ? hourly.next(after) : (answer as never));
      const failed = Promise.resolve(recording({ next }).run(context())).catch((error: unknown) => error);
      await clock.tickAsync("45:00");
      expect(await failed)
        .to.be.instanceOf(ScheduleError)
        .and.to.include({
          name: "ScheduleError",
          worker: "x",
          message: `The schedule of x returned ${shown} for 2026-11-24T11:00:00.000Z; ${cure}`,
        })
        .and.not.to.have.property("cause");
      expect(starts).to.deep.equal(["11:00:00"]);
    });
  }

  it("ends with a ScheduleError after it threw, with what it threw as the cause; and a retry starts it again", async () => {
    const cause = new Error("calendar unreachable");
    let isBroken = true;
    const next = (after: Date) => {
      if (isBroken && after.getTime() >= Date.parse("2026-11-24T11:00Z")) throw cause;
      return hourly.next(after);
    };
    const worker = recording({ next });
    const running = retry(worker, new StaticBackoff({ sleep: "10m" })).run(context());
    await clock.tickAsync("45:00");
    const [details, message] = logger.warn.firstCall.args;
    expect(message).to.equal("failed (attempt 1), restarting in 10m");
    expect(details).to.include({ worker: "x", attempt: 1, delay: 600_000 });
    expect(details.err).to.be.instanceOf(ScheduleError).and.to.include({ worker: "x", cause });
    expect(details.err.message).to.equal(`The schedule of x threw for 2026-11-24T11:00:00.000Z; ${cure}`);
    // The run that was due when it failed is not lost.
    expect(starts).to.deep.equal(["11:00:00"]);
    isBroken = false;
    await clock.tickAsync("02:00:00");
    expect(starts).to.deep.equal(["11:00:00", "12:00:00", "13:00:00"]);
    stop.abort();
    await running;
    expect(logger.warn.callCount).to.equal(1);
  });

  it("ends with a ScheduleError after it returned a promise, whose rejection is handled", async () => {
    let error: unknown;
    const escaped = await escapedFrom(async () => {
      const next = (after: Date): unknown =>
        after.getTime() < Date.parse("2026-11-24T11:00Z") ? hourly.next(after) : Promise.reject(new Error("no calendar"));
      Promise.resolve(recording({ next } as never).run(context())).catch((thrown: unknown) => (error = thrown));
      await clock.tickAsync("45:00");
    });
    expect(escaped).to.deep.equal([]);
    expect(error)
      .to.be.instanceOf(ScheduleError)
      .with.property("message", `The schedule of x returned an instance of Promise for 2026-11-24T11:00:00.000Z; ${cure}`);
  });

  it("ends with a ScheduleError after it returned a promise whose getTime throws, whose rejection is handled", async () => {
    const cause = new Error("no time");
    const escaped = await escapedFrom(() => {
      const getTime = () => {
        throw cause;
      };
      const next = () => Object.assign(Promise.reject(new Error("no calendar")), { getTime });
      expect(() => repeat({ next } as never, () => {}))
        .to.throw(InvalidArgumentError)
        .and.to.include({ message: `The schedule of a worker threw for 2026-11-24T10:15:00.000Z; ${cure}`, cause });
    });
    expect(escaped).to.deep.equal([]);
  });

  it("refuses an asynchronous one where it is declared, and handles its rejection", async () => {
    const escaped = await escapedFrom(() => {
      expect(() => repeat({ next: () => Promise.reject(new Error("no calendar")) } as never, () => {}))
        .to.throw(InvalidArgumentError)
        .with.property(
          "message",
          `The schedule of a worker returned an instance of Promise for 2026-11-24T10:15:00.000Z; ${cure}`,
        );
    });
    expect(escaped).to.deep.equal([]);
  });

  it("refuses one that throws or returns a hostile value, where it is declared, with what was thrown as the cause", () => {
    const hostile = untouchable();
    const throwing = () => {
      throw hostile;
    };
    expect(() => repeat({ next: throwing }, () => {}))
      .to.throw(InvalidArgumentError)
      .and.to.include({ message: `The schedule of a worker threw for 2026-11-24T10:15:00.000Z; ${cure}`, cause: hostile });
    expect(() => repeat({ next: () => hostile } as never, () => {}))
      .to.throw(InvalidArgumentError)
      .with.property("message", `The schedule of a worker returned a proxy for 2026-11-24T10:15:00.000Z; ${cure}`);
  });

  const thrown = new Error("no calendar");
  for (const [what, next, problem, cause] of [
    ["returns a past time", () => new Date(0), "returned 1970-01-01T00:00:00.000Z", undefined],
    ["returns nonsense", () => "noon" as never, "returned 'noon'", undefined],
    [
      "throws",
      () => {
        throw thrown;
      },
      "threw",
      thrown,
    ],
  ] as [string, () => Date, string, unknown][]) {
    it(`refuses one that ${what}, where it is declared`, () => {
      expect(() => repeat({ next }, () => {}))
        .to.throw(InvalidArgumentError)
        .and.to.include({ message: `The schedule of a worker ${problem} for 2026-11-24T10:15:00.000Z; ${cure}`, cause });
    });
  }
});
