import { expect } from "chai";
import { ZoneClock } from "../../lib/testing/zone-clock.js";
import { day, hour, minute } from "./timeline.fixture.js";

/** The clock of a zone for a number of days from a time on. */
function clockOf(timezone: string, start: string, days: number): ZoneClock {
  const from = Date.parse(start);
  return new ZoneClock(timezone, from, from + days * day);
}

describe("the clock of a timeline", () => {
  it("finds the minute of each change, and by how much", () => {
    const changesOf = (timezone: string): string[] =>
      clockOf(timezone, "2026-01-01T00:00Z", 365).changes.map(
        ({ at, by }) => `${new Date(at).toISOString().slice(0, 16)} ${by / minute}`,
      );
    expect(changesOf("Europe/Berlin")).to.deep.equal(["2026-03-29T01:00 60", "2026-10-25T01:00 -60"]);
    expect(changesOf("Australia/Lord_Howe")).to.deep.equal(["2026-04-04T15:00 -30", "2026-10-03T15:30 30"]);
    expect(changesOf("Asia/Kolkata")).to.deep.equal([]);
  });

  it("has an hour twice when the clock is put back", () => {
    const clock = clockOf("Europe/Berlin", "2026-10-24T22:00Z", 25 / 24);
    const hours = clock.ticks({ ms: hour }).map((at) => clock.dateAndTime(at).slice(11));
    expect(hours.slice(1, 5)).to.deep.equal(["01:00:00 +02:00", "02:00:00 +02:00", "02:00:00 +01:00", "03:00:00 +01:00"]);
  });

  it("begins a day whose midnight is skipped with the change", () => {
    const clock = clockOf("Asia/Beirut", "2026-03-27T22:00Z", 3);
    expect(clock.ticks({ ms: day }).map((at) => clock.dateAndTime(at))).to.deep.equal([
      "2026-03-28 00:00:00 +02:00",
      "2026-03-29 01:00:00 +03:00",
      "2026-03-30 00:00:00 +03:00",
      "2026-03-31 00:00:00 +03:00",
    ]);
  });

  it("begins weeks on Monday, and months on the first", () => {
    const clock = clockOf("America/New_York", "2026-02-24T05:00Z", 40);
    expect(clock.ticks({ ms: 7 * day }).map((at) => clock.date(at))[0]).to.equal("2026-03-02");
    expect(clock.ticks({ months: 1 }).map((at) => clock.dateAndTime(at))).to.deep.equal([
      "2026-03-01 00:00:00 -05:00",
      "2026-04-01 00:00:00 -04:00",
    ]);
  });
});
