import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { bootstrap, Repeat, type Schedule } from "watchbill";
import { cron } from "watchbill/cron";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const berlin = (pattern: string): Schedule => cron(pattern, { timezone: "Europe/Berlin" });
const short = (time: Date) => time.toISOString().replace(/(:00)?\.000Z$/, "Z");

/** Returns the first times of a schedule after `after`, each requested with the one before it. */
function times(schedule: Schedule, count: number, after: string): string[] {
  const found: string[] = [];
  for (let time = schedule.next(new Date(after)); time !== null && found.length < count; time = schedule.next(time)) {
    found.push(short(time));
  }
  return found;
}

describe("cron", () => {
  let clock: SinonFakeTimers;
  const processZone = process.env.TZ;

  beforeEach(() => {
    clock = useFakeTimers({ now: new Date("2026-03-28T12:00Z"), toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => {
    clock.restore();
    setProcessZone(processZone);
  });

  function setProcessZone(zone: string | undefined): void {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }

  describe("in the night in which the clock skips 2:00 to 3:00", () => {
    const eve = "2026-03-28T00:00Z";

    it("has a fixed time in that hour due at 3:00, and on time in the nights before and after", () => {
      const due = ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"];
      expect(times(berlin("30 2 * * *"), 3, eve)).to.deep.equal(due);
    });

    it("has any other time due on time", () => {
      const due = ["2026-03-28T02:00Z", "2026-03-29T01:00Z", "2026-03-30T01:00Z"];
      expect(times(berlin("0 3 * * *"), 3, eve)).to.deep.equal(due);
    });

    it("continues an hourly and a half-hourly pattern", () => {
      const [half, one, past, two] = ["2026-03-29T00:30Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z", "2026-03-29T02:00Z"];
      expect(times(berlin("0 * * * *"), 2, "2026-03-29T00:00Z")).to.deep.equal([one, two]);
      expect(times(berlin("*/30 * * * *"), 4, "2026-03-29T00:00Z")).to.deep.equal([half, one, past, two]);
    });
  });

  describe("in the night in which the clock shows 2:00 to 3:00 twice", () => {
    const eve = "2026-10-24T00:00Z";

    it("has a fixed time in that hour due the first time only", () => {
      const due = ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"];
      expect(times(berlin("30 2 * * *"), 3, eve)).to.deep.equal(due);
      // For a process that starts between the two.
      expect(times(berlin("30 2 * * *"), 1, "2026-10-25T00:45Z")).to.deep.equal(["2026-10-26T01:30Z"]);
    });

    it("has any other time due on time", () => {
      const due = ["2026-10-24T01:00Z", "2026-10-25T02:00Z", "2026-10-26T02:00Z"];
      expect(times(berlin("0 3 * * *"), 3, eve)).to.deep.equal(due);
    });

    it("continues an hourly and a half-hourly pattern", () => {
      const [half, one, past, two] = ["2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-25T02:00Z"];
      expect(times(berlin("0 * * * *"), 2, "2026-10-25T00:00Z")).to.deep.equal([one, two]);
      expect(times(berlin("*/30 * * * *"), 4, "2026-10-25T00:00Z")).to.deep.equal([half, one, past, two]);
    });
  });

  for (const [zone, pattern, eve, ...due] of [
    // A range is a list of fixed times.
    ["Europe/Berlin", "30 2-3 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z"],
    // The gap ends at midnight, on the next day.
    ["America/Nuuk", "30 23 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ["America/Nuuk", "59 59 23 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-03-30T00:59:59Z"],
    ["America/Nuuk", "30 23 * * SAT", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-04-05T00:30Z"],
    ["America/Scoresbysund", "30 23 28 3 *", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2027-03-29T00:30Z"],
    // The gap begins at midnight.
    ["Africa/Cairo", "30 0 * * *", "2026-04-23T12:00Z", "2026-04-23T22:00Z", "2026-04-24T21:30Z"],
    ["America/Santiago", "0 0 6 9 *", "2026-09-05T12:00Z", "2026-09-06T04:00Z", "2027-09-06T03:00Z"],
    // The gap is half an hour, or two hours.
    ["Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00Z", "2026-10-03T15:30Z", "2026-10-04T15:15Z"],
    ["Antarctica/Troll", "30 1,2 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-03-29T23:30Z"],
    // The gap is a whole day: Samoa skipped 30 December 2011.
    ["Pacific/Apia", "0 12 * * *", "2011-12-29T12:00Z", "2011-12-29T22:00Z", "2011-12-30T10:00Z", "2011-12-30T22:00Z"],
  ] as const) {
    it(`has a skipped fixed time due right after the gap: ${pattern} in ${zone}`, () => {
      expect(times(cron(pattern, { timezone: zone }), due.length, eve)).to.deep.equal(due);
    });
  }

  for (const [zone, pattern, eve, ...due] of [
    ["America/New_York", "15 1 * * *", "2026-10-31T12:00Z", "2026-11-01T05:15Z", "2026-11-02T06:15Z"],
    ["America/Nuuk", "30 23 * * *", "2026-10-24T12:00Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ["Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00Z", "2026-04-04T14:45Z", "2026-04-05T15:15Z"],
    ["Antarctica/Troll", "30 1,2 * * *", "2026-10-24T12:00Z", "2026-10-24T23:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"],
  ] as const) {
    it(`has a repeated fixed time due the first time only: ${pattern} in ${zone}`, () => {
      expect(times(cron(pattern, { timezone: zone }), due.length, eve)).to.deep.equal(due);
    });
  }

  for (const [zone, pattern, eve, ...due] of [
    ["Europe/Berlin", "57 2-23/24 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-03-30T00:57Z"],
    ["America/New_York", "15 1-23/24 * * *", "2026-10-31T12:00Z", "2026-11-01T05:15Z", "2026-11-02T06:15Z"],
    ["America/New_York", "0-59/60 1-1/3 * * *", "2026-10-31T12:00Z", "2026-11-01T05:00Z", "2026-11-02T06:00Z"],
    ["Europe/Berlin", "0-0/7 30-50/30 2,4-5/9 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00Z", "2026-03-29T02:30Z"],
    ["Africa/Cairo", "30 */24 * * *", "2026-04-23T12:00Z", "2026-04-23T22:00Z", "2026-04-24T21:30Z"],
  ] as const) {
    it(`treats a step that matches one value as a fixed time: ${pattern} in ${zone}`, () => {
      expect(times(cron(pattern, { timezone: zone }), due.length, eve)).to.deep.equal(due);
    });
  }

  for (const [pattern, eve, ...due] of [
    ["*/30 2 * * *", "2026-03-28T12:00Z", "2026-03-30T00:00Z"],
    ["*/30 2 * * *", "2026-10-24T12:00Z", "2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z"],
    ["30 2,10-20/5 * * *", "2026-03-28T12:00Z", "2026-03-28T14:30Z", "2026-03-28T19:30Z", "2026-03-29T08:30Z"],
    ["*/59 2 * * *", "2026-03-28T12:00Z", "2026-03-30T00:00Z", "2026-03-30T00:59Z"],
    // Requested long before the change.
    ["*/30 2 29 3 *", "2026-03-01T12:00Z", "2027-03-29T00:00Z"],
    ["*/30 2 25 10 *", "2026-10-01T12:00Z", "2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z"],
    ["*/30 3 25 10 *", "2026-10-01T12:00Z", "2026-10-25T02:00Z", "2026-10-25T02:30Z"],
    ["30 2-4/2 * * *", "2026-10-24T12:00Z", "2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T03:30Z"],
  ] as const) {
    it(`matches every local time with a wildcard or a step of several values: ${pattern} in Europe/Berlin after ${eve}`, () => {
      expect(times(berlin(pattern), due.length, eve)).to.deep.equal(due);
    });
  }

  for (const [weekdays, ...due] of [
    ["SUN-SUN", "29", "05", "12"],
    ["sun-Sun", "29", "05", "12"],
    ["SUN-SUN/2", "29", "05", "12"],
    ["0-0", "29", "05", "12"],
    ["7-7", "29", "05", "12"],
    ["7-SUN", "29", "05", "12"],
    ["0-SUN", "29", "05", "12"],
    ["0-7/7", "29", "05", "12"],
    ["0-7", "29", "30", "31"],
    ["MON-SUN", "29", "30", "31"],
    ["SUN-MON", "29", "30", "05"],
    ["SAT-SUN", "29", "04", "05"],
    ["SUN-SUN,WED", "29", "01", "05"],
    ["MON-MON", "30", "06", "13"],
    ["SUN-SUN#2", "12", "10", "14"],
  ] as const) {
    it(`parses the weekdays ${weekdays}`, () => {
      const found = times(cron(`0 0 * * ${weekdays}`, { timezone: "UTC" }), 3, "2026-03-28T12:00Z");
      expect(found.map((time) => time.slice(8, 10))).to.deep.equal(due);
    });
  }

  it("is due strictly after the requested time, to the ms", () => {
    const daily = cron("0 3 * * *", { timezone: "UTC" });
    expect(times(daily, 1, "2026-03-28T02:59:59.999Z")).to.deep.equal(["2026-03-28T03:00Z"]);
    expect(times(daily, 1, "2026-03-28T03:00:00.000Z")).to.deep.equal(["2026-03-29T03:00Z"]);
    expect(times(daily, 1, "2026-03-28T03:00:00.001Z")).to.deep.equal(["2026-03-29T03:00Z"]);
  });

  for (const [pattern, ...due] of [
    ["0 0 29 2 *", "2028-02-29T00:00Z", "2032-02-29T00:00Z"],
    ["0 0 * * SUN", "2026-03-29T00:00Z", "2026-04-05T00:00Z"],
    ["15 30 3 * * *", "2026-03-29T03:30:15Z", "2026-03-30T03:30:15Z"],
    [" 15  30 3 * *  * ", "2026-03-29T03:30:15Z", "2026-03-30T03:30:15Z"],
    ["0 0 L * *", "2026-03-31T00:00Z", "2026-04-30T00:00Z"],
    ["0 0 15W * *", "2026-04-15T00:00Z", "2026-05-15T00:00Z"],
    // With a plus, both the day and the weekday have to match.
    ["0 0 1 * +MON", "2026-06-01T00:00Z", "2027-02-01T00:00Z"],
    ["*/1 0 1 1 *", "2027-01-01T00:00Z", "2027-01-01T00:01Z"],
    ["0 0 ? * ?", "2026-03-29T00:00Z", "2026-03-30T00:00Z"],
    ["0 0 LW * *", "2026-03-31T00:00Z", "2026-04-30T00:00Z"],
    ["0 0 lw 5 *", "2026-05-29T00:00Z", "2027-05-31T00:00Z"],
    ["*/20 * * * * *", "2026-03-28T12:00:20Z", "2026-03-28T12:00:40Z"],
    ["0 0 0 1 1,2 * 2028", "2028-01-01T00:00Z", "2028-02-01T00:00Z"],
    ["@hourly", "2026-03-28T13:00Z", "2026-03-28T14:00Z"],
    ["@daily", "2026-03-29T00:00Z", "2026-03-30T00:00Z"],
    ["@weekly", "2026-03-29T00:00Z", "2026-04-05T00:00Z"],
    ["@monthly", "2026-04-01T00:00Z", "2026-05-01T00:00Z"],
    ["@yearly", "2027-01-01T00:00Z", "2028-01-01T00:00Z"],
  ] as const) {
    it(`parses ${pattern}`, () => {
      expect(times(cron(pattern, { timezone: "UTC" }), 2, "2026-03-28T12:00Z")).to.deep.equal(due);
    });
  }

  it("is never due after its last year", () => {
    const last = cron("0 0 0 1 1 * 2025", { timezone: "UTC" });
    expect(last.next(new Date("2024-12-31T00:00Z"))).to.deep.equal(new Date("2025-01-01T00:00Z"));
    expect(last.next(new Date())).to.equal(null);
    expect(berlin("0 */5 * * * * 2025").next(new Date())).to.equal(null);
  });

  it("is due on the clock of a time zone whose offset has seconds", () => {
    const monrovia = cron("0 12 * * *", { timezone: "Africa/Monrovia" });
    expect(times(monrovia, 2, "1960-01-01T00:00Z")).to.deep.equal(["1960-01-01T12:44:30Z", "1960-01-02T12:44:30Z"]);
  });

  it("is never due after the year 9999 or before the year 1", () => {
    for (const pattern of ["0 3 * * *", "*/5 * * * *"]) {
      expect(cron(pattern, { timezone: "Europe/Berlin" }).next(new Date(8.64e15))).to.equal(null);
      expect(cron(pattern, { timezone: "UTC" }).next(new Date(-8.64e15))?.getUTCFullYear()).to.equal(1);
    }
  });

  for (const zone of ["America/New_York", "Asia/Kathmandu"]) {
    it(`uses the time zone of the process by default, such as ${zone}`, () => {
      setProcessZone(zone);
      const due = [new Date(2026, 2, 29, 3, 30), new Date(2026, 2, 30, 3, 30)].map(short);
      expect(due).not.to.include("2026-03-29T03:30Z");
      expect(times(cron("30 3 * * *"), 2, "2026-03-28T12:00Z")).to.deep.equal(due);
    });
  }

  it("deeply equals a schedule with the same pattern and time zone, before and after it was used", () => {
    const used = berlin("0 3 * * *");
    used.next(new Date());
    expect(used).to.deep.equal(berlin("0 3 * * *"));
    expect(used).not.to.deep.equal(berlin("0 4 * * *"));
    expect(used).not.to.deep.equal(cron("0 3 * * *", { timezone: "Europe/Paris" }));
    expect(used).not.to.deep.equal(cron("0 3 * * *"));
  });

  it("has its pattern and its time zone as fields, and no other", () => {
    expect({ ...berlin("@daily") }).to.deep.equal({ pattern: "@daily", timezone: "Europe/Berlin" });
    expect({ ...cron("@daily") }).to.deep.equal({ pattern: "@daily" });
  });

  describe("as the schedule of a worker", () => {
    class Backup {
      readonly starts: string[] = [];

      @Repeat(berlin("30 2 * * *"))
      nightly() {
        this.starts.push(short(new Date()));
      }

      @Repeat(cron("@daily"))
      daily() {}
    }

    it("is shown as plain fields, with its time zone if it has one", () => {
      const [nightly, daily] = bootstrap([Backup]).workers.map(({ repeat }) => ({ ...repeat?.schedule }));
      expect(nightly).to.deep.equal({ pattern: "30 2 * * *", timezone: "Europe/Berlin" });
      expect(daily).to.deep.equal({ pattern: "@daily" });
      expect(JSON.stringify(bootstrap([Backup]).workers[0]?.repeat)).to.equal(
        '{"schedule":{"pattern":"30 2 * * *","timezone":"Europe/Berlin"},"startImmediately":false}',
      );
    });

    for (const [what, start, due] of [
      ["begins", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]],
      ["ends", "2026-10-24T12:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]],
    ] as const) {
      it(`runs it on time when daylight saving ${what}, with a single Node timer`, async () => {
        clock.setSystemTime(new Date(start));
        const backup = new Backup();
        const runner = bootstrap([backup], { logger: silent, only: "Backup/nightly" });
        expect(clock.countTimers()).to.equal(0);
        const running = runner.run();
        for (let hours = 0; hours < 48; hours++) {
          await clock.tickAsync("01:00:00");
          expect(clock.countTimers()).to.equal(1);
        }
        expect(backup.starts).to.deep.equal(due);
        await runner.stop();
        await running;
        expect(clock.countTimers()).to.equal(0);
      });
    }
  });
});
