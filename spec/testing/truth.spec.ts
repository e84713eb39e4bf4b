import { expect } from "chai";
import fc from "fast-check";
import {
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  ExponentialBackoff,
  type JobFunc,
  StaticBackoff,
  wait,
} from "watchbill";
import { cron } from "watchbill/cron";
import { type SimulationOptions, simulate } from "watchbill/testing";
import { dueTimes, ZoneMinutes } from "../cron/cron-oracle.fixture.js";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** A job that takes as long, and fails, as is listed for its runs. After the list it takes no time. */
function listed(runs: readonly (number | { readonly fails: number })[]): JobFunc {
  let next = 0;
  return async ({ signal }) => {
    const run = runs[next++] ?? 0;
    await wait(typeof run === "number" ? run : run.fails, { signal });
    if (typeof run !== "number") throw new Error("listed");
  };
}

/** When the runs of a worker started, in ms since the start. */
async function startsOf(options: DeclarativeWorkerOptions, length: number): Promise<number[]> {
  const day = await simulate([new DeclarativeWorker({ name: "w", ...options })], { for: length, jobs: "real" });
  return day.of("w").runs.map(({ start }) => start - day.timeline.start);
}

const inSeconds = (times: readonly number[]): number[] => times.map((time) => time / second);

const fails = { fails: 0 };

// The times of the original follow from its source: a ticker fires each interval from the start of the worker, and keeps one tick
// for a worker that is busy; before each attempt it waits for the backoff of the number of failures.
describe("A simulation has the run times of the Go original", () => {
  const exponential = new ExponentialBackoff({ initial: "1s", max: "1m" });

  it("for runs that are short", async () => {
    expect(inSeconds(await startsOf({ repeat: "5s", job: listed([]) }, 21 * second))).to.deep.equal([5, 10, 15, 20]);
  });

  it("for a run that is longer than some intervals: the tick that was kept starts one at once", async () => {
    const starts = await startsOf({ repeat: "1s", job: listed([3.5 * second]) }, 7.5 * second);
    expect(inSeconds(starts)).to.deep.equal([1, 4.5, 5, 6, 7]);
  });

  it("for runs that end when the next is due", async () => {
    const starts = await startsOf({ repeat: "1s", job: listed([second, second, second]) }, 5.5 * second);
    expect(inSeconds(starts)).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it("for runs that are always longer than the interval", async () => {
    const starts = await startsOf({ repeat: 100, job: listed(Array.from({ length: 100 }, () => 250)) }, 1_300);
    expect(starts).to.deep.equal([100, 350, 600, 850, 1_100]);
  });

  it("for runs of any duration", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 400 })),
        async (interval, durations) => {
          const starts: number[] = [];
          // The ticks up to this one were received, or dropped as another was kept.
          let [now, received] = [0, 0];
          for (const duration of durations) {
            const fired = Math.floor(now / interval);
            now = fired > received ? now : (received + 1) * interval;
            // A tick that fires while one is kept is dropped, so the next one that counts is the next to fire.
            received = Math.floor(now / interval);
            starts.push(now);
            now += duration;
          }
          const job = listed(durations);
          expect((await startsOf({ repeat: interval, job }, now + 1)).slice(0, durations.length)).to.deep.equal(starts);
        },
      ),
      { numRuns: 30 },
    ));

  it("but for a first run at the start: there the original begins its interval when that has ended", async () => {
    const starts = await startsOf({ repeat: { interval: "5s", startImmediately: true }, job: listed([second]) }, 16 * second);
    expect(inSeconds(starts)).to.deep.equal([0, 5, 10, 15]);
  });

  it("for a worker that always fails, which is restarted", async () => {
    const job = listed(Array.from({ length: 100 }, () => fails));
    // 1, 2, 4, 8, 16, 32, 60 and 60 s of backoff, and each time the interval.
    const starts = await startsOf({ repeat: "5s", job, retry: exponential }, 250 * second);
    expect(inSeconds(starts)).to.deep.equal([5, 11, 18, 27, 40, 61, 98, 163, 228]);
  });

  it("for a continuous worker that always fails at once", async () => {
    const worker = listed(Array.from({ length: 100 }, () => fails));
    const starts = await startsOf({ worker, retry: exponential }, 250 * second);
    expect(inSeconds(starts)).to.deep.equal([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  });

  it("for a continuous worker that returns, which resets its backoff", async () => {
    const worker = listed([fails, fails, 10 * second, 10 * second, fails, hour]);
    expect(inSeconds(await startsOf({ worker, retry: exponential }, minute))).to.deep.equal([0, 1, 3, 13, 23, 24]);
  });

  it("for a run that is retried: four attempts for three failures", async () => {
    const options = { repeat: "5s", job: listed([fails, fails, fails]), retryJob: new StaticBackoff({ sleep: "1s" }) } as const;
    expect(inSeconds(await startsOf(options, 11 * second))).to.deep.equal([5, 6, 7, 8, 10]);
  });

  it("for a run whose retries take longer than the interval", async () => {
    const options = { repeat: "5s", job: listed([fails, fails, fails, fails]), retryJob: exponential } as const;
    // At 5 s, and after 1, 2, 4 and 8 s; the tick of 10 s was kept.
    expect(inSeconds(await startsOf(options, 27 * second))).to.deep.equal([5, 6, 8, 12, 20, 20, 25]);
  });
});

/** A zone, a local date on which its clock changes, and when that day begins and ends, in UTC. */
const changeDays = [
  ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z", 23],
  ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z", "2026-10-25T23:00Z", 25],
  ["America/New_York", "2026-03-08", "2026-03-08T05:00Z", "2026-03-09T04:00Z", 23],
  ["America/New_York", "2026-11-01", "2026-11-01T04:00Z", "2026-11-02T05:00Z", 25],
  // The last hour of the day.
  ["America/Nuuk", "2026-03-28", "2026-03-28T02:00Z", "2026-03-29T01:00Z", 23],
  ["America/Nuuk", "2026-10-24", "2026-10-24T01:00Z", "2026-10-25T02:00Z", 25],
  ["America/Scoresbysund", "2026-03-28", "2026-03-28T02:00Z", "2026-03-29T01:00Z", 23],
  ["America/Scoresbysund", "2026-10-24", "2026-10-24T01:00Z", "2026-10-25T02:00Z", 25],
  // Half an hour.
  ["Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00Z", "2026-04-05T13:30Z", 24.5],
  ["Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30Z", "2026-10-04T13:00Z", 23.5],
  // The first hour of the day, and again the last.
  ["Asia/Beirut", "2026-03-29", "2026-03-28T22:00Z", "2026-03-29T21:00Z", 23],
  ["Asia/Beirut", "2026-10-24", "2026-10-23T21:00Z", "2026-10-24T22:00Z", 25],
  ["Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z", "2026-04-24T21:00Z", 23],
  ["Africa/Cairo", "2026-10-29", "2026-10-28T21:00Z", "2026-10-29T22:00Z", 25],
  // At a quarter to the hour.
  ["Pacific/Chatham", "2026-04-05", "2026-04-04T10:15Z", "2026-04-05T11:15Z", 25],
  ["Pacific/Chatham", "2026-09-27", "2026-09-26T11:15Z", "2026-09-27T10:15Z", 23],
  // Two hours.
  ["Antarctica/Troll", "2026-03-29", "2026-03-29T00:00Z", "2026-03-29T22:00Z", 22],
  ["Antarctica/Troll", "2026-10-25", "2026-10-24T22:00Z", "2026-10-26T00:00Z", 26],
  // The first hour of the day comes twice.
  ["America/Havana", "2026-03-08", "2026-03-08T05:00Z", "2026-03-09T04:00Z", 23],
  ["America/Havana", "2026-11-01", "2026-11-01T04:00Z", "2026-11-02T05:00Z", 25],
] as const;

const patterns = [
  ...["0 0 * * *", "30 0 * * *", "15 1 * * *", "30 1 * * *", "0 2 * * *", "30 2 * * *", "0 3 * * *", "30 23 * * *"],
  ...["0 * * * *", "*/20 * * * *", "10 1-3 * * *", "0 */6 * * *", "@daily"],
];

describe("A simulation of the day of a change of clocks", () => {
  /** What the oracle has computed of each zone. */
  const oracle = new Map<string, ReadonlyMap<string, readonly number[]>>();
  const dueIn = (timezone: string, pattern: string): readonly number[] => {
    if (!oracle.has(timezone)) {
      const minutes = new ZoneMinutes(timezone, 2026);
      oracle.set(timezone, new Map(patterns.map((each) => [each, dueTimes(each, minutes)])));
    }
    return oracle.get(timezone)?.get(pattern) ?? [];
  };
  const job = (): void => expect.fail("the code of the user was called");

  for (const [timezone, date, from, to, hours] of changeDays) {
    describe(`of ${hours} hours, ${date} in ${timezone}`, () => {
      const [begin, end] = [Date.parse(from), Date.parse(to)];
      const options: SimulationOptions = { for: "2d", start: date, timezone };
      const local = patterns.map((pattern) => new DeclarativeWorker({ name: `local ${pattern}`, job, repeat: cron(pattern) }));

      it("has the runs of cron that an oracle has computed", async () => {
        const zoned = patterns.map(
          (pattern) => new DeclarativeWorker({ name: `zoned ${pattern}`, job, repeat: cron(pattern, { timezone }) }),
        );
        const day = await simulate([...local, ...zoned], options);
        const { start, end: last } = day.timeline;
        for (const pattern of patterns) {
          // What is due at the start is over.
          const expected = dueIn(timezone, pattern).filter((time) => time > start && time < last);
          for (const name of [`local ${pattern}`, `zoned ${pattern}`])
            expect(
              day.of(name).runs.map(({ start: at }) => at),
              name,
            ).to.deep.equal(expected);
        }
      });

      it("begins and ends when it should", async () => {
        const day = await simulate(local, options);
        expect(end - begin).to.equal(hours * hour);
        expect(day.timeline.start).to.equal(begin);
        expect(day.of("local 0 0 * * *").runs.map(({ start }) => start)[0]).to.equal(end);
      });

      it("has columns with the hours of the local clock, and the runs of that hour", async () => {
        const day = await simulate(local, { ...options, for: "26h" });
        const header = day
          .toText()
          .split("\n")
          .find((line) => line.includes("RUNS"));
        const labels = Array.from((header ?? "").matchAll(/\d\d/g), ({ 0: label, index }) => ({ label, index }));
        const first = labels[0]?.index ?? Number.NaN;
        expect(labels.length).to.be.at.least(8);
        const clock = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", hourCycle: "h23" });
        for (const { label, index } of labels) expect(label).to.equal(clock.format(begin + (index - first) * hour));
        for (const pattern of patterns) {
          const due = dueIn(timezone, pattern).filter((time) => time > begin);
          const counted = Array.from(
            { length: 26 },
            (_, index) => due.filter((time) => Math.floor((time - begin) / hour) === index).length,
          );
          expect(day.of(`local ${pattern}`).tallies.map(({ runs }) => runs)).to.deep.equal(counted);
        }
      });
    });
  }
});

describe("A simulation of an outage", () => {
  it("has the retries that were counted by hand", async () => {
    const retry = new ExponentialBackoff({ initial: "1s", max: "1m" });
    const workers = Array.from(
      { length: 20 },
      (_, index) =>
        new DeclarativeWorker({ name: `w${index}`, job: () => {}, repeat: { interval: "10m", startImmediately: true }, retry }),
    );
    const day = await simulate(workers, { for: "1h", outages: { "*": "00:10-00:15" }, takes: { "*": 0 } });
    // Due at 10:00. A restart runs at once: after 1, 2, 4, 8, 16, 32 s, and then each minute. The outage ends at 15:00.
    const attempts = [600, 601, 603, 607, 615, 631, 663, 723, 783, 843];
    for (const name of day.workers) {
      const { failures, runs, counts } = day.of(name);
      const since = (at: number): number => (at - day.timeline.start) / second;
      expect(failures.map(({ at }) => since(at))).to.deep.equal(attempts);
      expect(failures.map(({ attempt }) => attempt)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      // The first and the last one succeed; then the interval begins with the last restart.
      expect(runs.map(({ start }) => since(start))).to.deep.equal([0, ...attempts, 903, 1_503, 2_103, 2_703, 3_303]);
      expect(counts).to.deep.equal({ runs: 16, failures: 10, missed: 0, retries: 10 });
    }
    expect(day.peak).to.include({ attemptsPerSecond: 20, attemptsPerSecondAt: day.timeline.start, concurrent: 20 });
    expect(
      day.timeline.events
        .filter(({ event }) => event === "restart")
        .map(({ detail }) => detail)
        .slice(0, 21),
    ).to.deep.equal([...Array.from({ length: 20 }, () => "1000"), "2000"]);
  });
});
