import { expect } from "chai";
import fc from "fast-check";
import { cron } from "watchbill/cron";
import { compareTimes } from "./cron-comparison.fixture.js";
import { dueTimes, ZoneMinutes } from "./cron-oracle.fixture.js";
import { anyPattern, patterns } from "./cron-patterns.fixture.js";

/** A time zone for each kind of change: by its length, its hour, and whether there are two or four a year. */
const oddZones = [
  ...["Africa/Cairo", "Africa/Casablanca", "America/Havana", "America/New_York", "America/Nuuk", "America/Santiago"],
  ...["America/Scoresbysund", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu"],
  ...["Atlantic/Azores", "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin", "Pacific/Chatham", "Pacific/Norfolk"],
];

/** Compares a sample of what `npm run cron:matrix` compares, which takes half an hour. */
describe("cron, compared with every minute of a year", function () {
  this.timeout(60_000);

  const pattern = fc.oneof(fc.constantFrom(...patterns), anyPattern).filter(isPossible);
  const zone = fc.oneof(fc.constantFrom(...oddZones), fc.constantFrom(...Intl.supportedValuesOf("timeZone")));
  const processZone = process.env.TZ;

  after(() => {
    if (processZone === undefined) delete process.env.TZ;
    else process.env.TZ = processZone;
  });

  function isPossible(text: string): boolean {
    try {
      return cron(text).next(new Date()) !== undefined;
    } catch {
      return false;
    }
  }

  it("is due at the same times", () => {
    fc.assert(
      fc.property(pattern, zone, fc.constantFrom(2025, 2026, 2027), fc.boolean(), (text, timezone, year, isOfProcess) => {
        const minutes = new ZoneMinutes(timezone, year);
        if (isOfProcess) process.env.TZ = timezone;
        const schedule = cron(text, isOfProcess ? {} : { timezone });
        expect(compareTimes(schedule, dueTimes(text, minutes), minutes).difference).to.equal(undefined);
      }),
      { numRuns: 40 },
    );
  });

  it("accepts every public pattern", () => {
    expect(patterns.filter((text) => !isPossible(text))).to.deep.equal([]);
    expect(new Set(patterns).size).to.be.greaterThan(300);
  });
});
