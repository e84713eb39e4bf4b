import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { BootstrapError, bootstrap, type Duration, Repeat, type RepeatWorkerOptions, type Schedule, Timeout } from "watchbill";

const hour = 3_600_000;
const hourly: Schedule = { next: (after) => new Date((Math.floor(after.getTime() / hour) + 1) * hour) };
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const hint = 'use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"';

describe("@Repeat with a schedule and options", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: new Date("2026-11-24T10:15:00Z"), toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("declares a method as a job that runs at the times of the schedule, which is kept as a field", async () => {
    class Report {
      readonly starts: string[] = [];

      @Repeat(hourly)
      send() {
        this.starts.push(new Date().toISOString().slice(11, 16));
      }
    }
    const report = new Report();
    const runner = bootstrap([report], { logger: silent });
    expect(runner.workers[0]?.repeat).to.deep.equal({ schedule: hourly, startImmediately: false });
    expect(runner.workers[0]?.repeat?.schedule).to.equal(hourly);
    const running = runner.run();
    await clock.tickAsync("01:50:00");
    expect(report.starts).to.deep.equal(["11:00", "12:00"]);
    await runner.stop();
    await running;
    expect(clock.countTimers()).to.equal(0);
  });

  it("gets the schedule from each instance, by a function of the instance that is called once", () => {
    let asked = 0;
    const ofInstance = (self: Report) => {
      asked++;
      return self.schedule;
    };
    class Report {
      constructor(readonly schedule: Schedule | Duration) {}

      @Repeat(ofInstance)
      send() {}
    }
    expect(bootstrap([new Report(hourly)]).workers[0]?.repeat).to.deep.equal({ schedule: hourly, startImmediately: false });
    expect(bootstrap([new Report("1h")]).workers[0]?.repeat).to.deep.equal({ interval: hour, startImmediately: false });
    expect(asked).to.equal(2);
  });

  it("accepts a schedule that is an instance of a class, and calls it as its method", () => {
    class Every implements Schedule {
      constructor(readonly ms: number) {}

      next(after: Date): Date {
        return new Date(after.getTime() + this.ms);
      }
    }
    class Report {
      @Repeat(new Every(hour))
      send() {}
    }
    expect(bootstrap([Report]).workers[0]?.repeat?.schedule).to.deep.equal(new Every(hour));
  });

  it("shows initialDelay, jitter and shutdownTimeout in ms, and no field for what was not declared", () => {
    class Report {
      @Repeat("1h", { initialDelay: "1.5s", jitter: "5m", shutdownTimeout: "2m" })
      send() {}

      @Repeat(hourly, (self: Report) => self.options)
      archive() {}

      @Repeat("1h", { startImmediately: true })
      clean() {}

      readonly options: RepeatWorkerOptions = { jitter: "5m", shutdownTimeout: 0 };
    }
    const [send, archive, clean] = bootstrap([Report]).workers;
    expect(send?.repeat).to.deep.equal({ interval: hour, startImmediately: false, initialDelay: 1_500, jitter: 300_000 });
    expect(send?.shutdownTimeout).to.equal(120_000);
    expect(archive?.repeat).to.deep.equal({ schedule: hourly, startImmediately: false, jitter: 300_000 });
    expect(archive?.shutdownTimeout).to.equal(0);
    expect(clean?.repeat).to.deep.equal({ interval: hour, startImmediately: true });
    expect(clean).not.to.have.property("shutdownTimeout");
  });

  it("waits for the initialDelay", async () => {
    class Report {
      readonly starts: string[] = [];

      @Repeat("1h", { initialDelay: "5m" })
      send() {
        this.starts.push(new Date().toISOString().slice(11, 16));
      }
    }
    const report = new Report();
    const runner = bootstrap([report], { logger: silent });
    const running = runner.run();
    await clock.tickAsync("01:30:00");
    expect(report.starts).to.deep.equal(["10:20", "11:20"]);
    await runner.stop();
    await running;
  });

  it("reports every problem at once", () => {
    const broken = (next: () => unknown): Schedule => ({ next: next as never });
    class Report {
      @Repeat(broken(() => new Date(0)))
      past() {}

      @Repeat(() => broken(() => "noon"))
      noon() {}

      @Repeat("1h", { jitter: "1h" })
      jittery() {}

      @Repeat(hourly, { startImmediately: true, initialDelay: "5m" })
      torn() {}

      @Repeat(hourly, { initialDelay: "soon" as never })
      soon() {}

      @Repeat("1h", () => ({ jitter: -1 }))
      early() {}

      @Repeat(hourly, { shutdownTimeout: "5x" as never })
      endless() {}

      @Repeat({ nxt: () => null } as never)
      typo() {}

      @Timeout(0)
      @Repeat("1h", { jitter: "2h" })
      twofold() {}

      @Repeat(hourly, null as never)
      nothing() {}

      @Repeat(hourly, { initialDelay: "5m", jitter: "5m", shutdownTimeout: "5m" })
      fine() {}
    }
    const asked = "for 2026-11-24T10:15:00.000Z; it must return a Date later than its argument, or null if there is none";
    expect(() => bootstrap([Report]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        `Report.past: The schedule of a worker returned 1970-01-01T00:00:00.000Z ${asked}`,
        `Report.noon: The schedule of a worker returned 'noon' ${asked}`,
        "Report.jittery: A jitter of 3600000 ms would skip runs at an interval of 3600000 ms: pass a shorter one",
        "Report.torn: startImmediately and initialDelay contradict each other: pass one of them",
        `Report.soon: initialDelay: 'soon' is not a duration: ${hint}`,
        `Report.early: jitter: -1 is not a duration: ${hint}`,
        `Report.endless: shutdownTimeout: '5x' is not a duration: ${hint}`,
        `Report.typo: an object with the key nxt is not a duration: ${hint}`,
        "Report.twofold: A jitter of 7200000 ms would skip runs at an interval of 3600000 ms: pass a shorter one",
        "Report.twofold: A timeout of 0 leaves no time to run: pass a duration above 0, or leave it out",
        "Report.nothing: The options of @Repeat are null: pass an object",
      ]);
  });
});
