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
const hint = "it must return a Date later than its argument, or null if there is none";

/** Due at these times and never again. */
const at = (...times: string[]): Schedule => ({
  next: (after) => times.map((time) => new Date(time)).find((time) => time > after) ?? null,
});

describe("Repeat with a schedule", () => {
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

  /** Runs it for that long, stops it, and returns the starts. */
  async function startsWithin(time: string, ...args: Parameters<typeof recording>): Promise<string[]> {
    const running = recording(...args).run(context());
    await clock.tickAsync(time);
    stop.abort();
    await running;
    return starts;
  }

  /** A job whose n-th run takes the n-th of these hours; all further runs take no time. */
  const taking = (...hours: number[]): JobFunc => {
    const durations = hours.values();
    return () => wait((durations.next().value ?? 0) * hour);
  };

  it("runs at the times of the schedule, on the wall clock", async () => {
    expect(await startsWithin("02:45:00", hourly)).to.deep.equal(["11:00:00", "12:00:00", "13:00:00"]);
  });

  it("never overlaps two runs, and coalesces the times missed during a run into one", async () => {
    const starts = await startsWithin("05:00:00", hourly, taking(2.5));
    expect(starts).to.deep.equal(["11:00:00", "13:30:00", "14:00:00", "15:00:00"]);
  });

  it("skips nothing when a run ends exactly when the next is due", async () => {
    expect(await startsWithin("03:00:00", hourly, taking(1, 1))).to.deep.equal(["11:00:00", "12:00:00", "13:00:00"]);
  });

  it("requests the next time after a later one each time, and first after the start", async () => {
    const next = spy((after: Date) => hourly.next(after));
    const worker = recording({ next }, taking(2.5, 0, 0));
    next.resetHistory();
    const running = worker.run(context());
    await clock.tickAsync("05:00:00");
    stop.abort();
    await running;
    const asked = next.args.map(([after]) => after.getTime());
    expect(asked[0]).to.equal(Date.parse("2026-11-24T10:15:00Z"));
    // One call for each time, also for missed ones, which are counted.
    expect(asked).to.have.lengthOf(6);
    expect(asked.slice(1).every((time, index) => time > (asked[index] ?? Number.NaN))).to.equal(true);
  });

  it("completes once there is no further time, and logs it", async () => {
    const running = recording(at("2026-11-24T11:00Z", "2026-11-24T12:00Z")).run(context());
    await clock.tickAsync("01:45:00");
    await running;
    expect(starts).to.deep.equal(["11:00:00", "12:00:00"]);
    expect(logger.info.args).to.deep.equal([[{ worker: "x" }, "completed: its schedule has no further time"]]);
    expect([...logger.warn.args, ...logger.error.args]).to.deep.equal([]);
  });

  it("is not retried and has not failed after it has completed; the runner continues", async () => {
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
    ["a time before its argument", new Date("2020-01-01"), "2020-01-01T00:00:00.000Z"],
    ["its argument", new Date("2026-11-24T11:00Z"), "2026-11-24T11:00:00.000Z"],
    ["an invalid Date", new Date(Number.NaN), "Invalid Date"],
    ["ms instead of a Date", Date.parse("2026-11-24T12:00Z"), "1795521600000"],
    ["undefined", undefined, "undefined"],
    ["an object whose getTime returns text", { getTime: () => "1795521600000" }, "an object with the key getTime"],
  ] as const) {
    it(`ends with a ScheduleError if it returns ${what}`, async () => {
      // The next time is requested when a run starts, and that run is not skipped.
      const next = (after: Date) => (after.getTime() < Date.parse("2026-11-24T11:00Z") ? hourly.next(after) : (answer as never));
      const failed = Promise.resolve(recording({ next }).run(context())).catch((error: unknown) => error);
      await clock.tickAsync("45:00");
      expect(await failed)
        .to.be.instanceOf(ScheduleError)
        .and.to.include({
          name: "ScheduleError",
          worker: "x",
          message: `The schedule of x returned ${shown} for 2026-11-24T11:00:00.000Z; ${hint}`,
        })
        .and.not.to.have.property("cause");
      expect(starts).to.deep.equal(["11:00:00"]);
    });
  }

  it("ends with a ScheduleError if it throws, with the thrown value as the cause, and a retry restarts it", async () => {
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
    expect(details.err.message).to.equal(`The schedule of x threw for 2026-11-24T11:00:00.000Z; ${hint}`);
    // The run that was due when it failed is not skipped.
    expect(starts).to.deep.equal(["11:00:00"]);
    isBroken = false;
    await clock.tickAsync("02:00:00");
    expect(starts).to.deep.equal(["11:00:00", "12:00:00", "13:00:00"]);
    stop.abort();
    await running;
    expect(logger.warn.callCount).to.equal(1);
  });

  it("ends with a ScheduleError if it returns a promise, and handles the rejection", async () => {
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
      .with.property("message", `The schedule of x returned an instance of Promise for 2026-11-24T11:00:00.000Z; ${hint}`);
  });

  it("ends with a ScheduleError if it returns a promise whose getTime throws, and handles the rejection", async () => {
    const cause = new Error("no time");
    const escaped = await escapedFrom(() => {
      const getTime = () => {
        throw cause;
      };
      const next = () => Object.assign(Promise.reject(new Error("no calendar")), { getTime });
      expect(() => repeat({ next } as never, () => {}))
        .to.throw(InvalidArgumentError)
        .and.to.include({ message: `The schedule of a worker threw for 2026-11-24T10:15:00.000Z; ${hint}`, cause });
    });
    expect(escaped).to.deep.equal([]);
  });

  it("rejects an asynchronous schedule at the declaration, and handles its rejection", async () => {
    const escaped = await escapedFrom(() => {
      expect(() => repeat({ next: () => Promise.reject(new Error("no calendar")) } as never, () => {}))
        .to.throw(InvalidArgumentError)
        .with.property(
          "message",
          `The schedule of a worker returned an instance of Promise for 2026-11-24T10:15:00.000Z; ${hint}`,
        );
    });
    expect(escaped).to.deep.equal([]);
  });

  it("rejects a schedule that throws or returns a hostile value at the declaration, with its cause", () => {
    const hostile = untouchable();
    const throwing = () => {
      throw hostile;
    };
    expect(() => repeat({ next: throwing }, () => {}))
      .to.throw(InvalidArgumentError)
      .and.to.include({ message: `The schedule of a worker threw for 2026-11-24T10:15:00.000Z; ${hint}`, cause: hostile });
    expect(() => repeat({ next: () => hostile } as never, () => {}))
      .to.throw(InvalidArgumentError)
      .with.property("message", `The schedule of a worker returned a proxy for 2026-11-24T10:15:00.000Z; ${hint}`);
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
    it(`rejects a schedule that ${what} at the declaration`, () => {
      expect(() => repeat({ next }, () => {}))
        .to.throw(InvalidArgumentError)
        .and.to.include({ message: `The schedule of a worker ${problem} for 2026-11-24T10:15:00.000Z; ${hint}`, cause });
    });
  }

  it("rejects a schedule that throws an InvalidArgumentError at the declaration, with that error", () => {
    const error = new InvalidArgumentError("Europe/Berln is not a time zone");
    const next = () => {
      throw error;
    };
    let thrownError: unknown;
    try {
      repeat({ next }, () => {});
    } catch (caught) {
      thrownError = caught;
    }
    expect(thrownError).to.equal(error);
  });

  it("rejects a function as a schedule, even if it has a method next", () => {
    expect(() => repeat(Object.assign(() => {}, hourly) as never, () => {})).to.throw(InvalidArgumentError, /is not a duration/);
  });
});
