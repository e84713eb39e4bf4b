import { expect } from "chai";
import fc from "fast-check";
import { StaticBackoff } from "watchbill";
import { Snapshot } from "../../lib/runtime/snapshot.js";
import { Simulation } from "./simulation.fixture.js";

/** Any value that a task can find instead of the one that it saved. */
const junk = fc.constantFrom(undefined, null, "", "1", true, false, {}, [], [[]], [1, "x", null], -1, 0, 1, 1.5, 2);
const fields = ["start", "slot", "interval", "after", "isRunning", "since", "failures", "lastFailure", "failedAt", "until"];
const entry = fc.dictionary(fc.constantFrom(...fields), junk);
const snapshots = fc.dictionary(
  fc.constantFrom("repeat", "retry", "retryJob", "timeout", "other"),
  fc.oneof(fc.array(entry), junk),
);

/** The first was found by seed -118138293: an interval of -1 was accepted, and the run under way was counted twice. */
const examples: [{ [kind: string]: unknown }][] = [
  [{ repeat: [{ interval: -1, slot: 1, isRunning: true, start: 2 }] }],
  [{ repeat: [{ interval: 2, slot: 1.5, isRunning: true, start: 2 }] }],
  [{ repeat: [{ interval: 2, slot: 1, isRunning: true, start: 2 }] }],
];

describe("A snapshot", () => {
  it("is parsed from any value, without malformed parts", () =>
    fc.assert(
      fc.property(fc.jsonValue(), (stored) => {
        const read = Snapshot.from(stored).toJSON();
        expect(Snapshot.from(read).toJSON()).to.deep.equal(read);
        for (const entries of Object.values(read)) {
          expect(entries).to.be.an("array");
          for (const each of entries) expect(each).to.be.an("object");
        }
      }),
    ));

  it("returns each entry once, by kind and in the order of writing", () => {
    const snapshot = Snapshot.from({
      retry: [{ failures: 1 }, { failures: 2 }],
      repeat: [{ slot: 5 }],
      odd: 7,
      list: [1, null, [], {}],
    });
    expect(snapshot.toJSON()).to.deep.equal({ retry: [{ failures: 1 }, { failures: 2 }], repeat: [{ slot: 5 }], list: [{}] });
    expect(snapshot.peek("retry")).to.deep.equal({ failures: 1 });
    expect(snapshot.take("retry")).to.deep.equal({ failures: 1 });
    expect(snapshot.take("retry")).to.deep.equal({ failures: 2 });
    expect(snapshot.take("retry")).to.equal(undefined);
    expect(snapshot.take("nothing")).to.equal(undefined);
    expect(snapshot.peek("nothing")).to.equal(undefined);
  });

  it("can have kinds with the names of Object.prototype", () => {
    const read = Snapshot.from(JSON.parse('{"__proto__":[{"a":1}],"constructor":[{"b":2}],"toString":[{}]}'));
    expect(read.take("constructor")).to.deep.equal({ b: 2 });
    expect(read.take("hasOwnProperty")).to.equal(undefined);
    expect(Object.getPrototypeOf(Snapshot.from({}).toJSON())).to.equal(Object.prototype);
  });

  for (const { of, repeat } of [
    { of: "an interval", repeat: "1s" as const },
    {
      of: "a schedule",
      repeat: { schedule: { next: (after: Date) => new Date(Math.floor(after.getTime() / 1_000) * 1_000 + 1_000) } },
    },
  ]) {
    it(`can be invalid: a worker with ${of} does not fail, and runs once a second after the missed runs`, async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(snapshots, async (garbage) => {
          const simulation = new Simulation();
          try {
            const backoff = new StaticBackoff({ sleep: 100 });
            const job = () => {};
            const options = {
              repeat,
              retry: { backoff, maxRestarts: 1_000, within: "1s" },
              timeout: "500ms",
              retryJob: backoff,
              job,
            } as const;
            const process = simulation.replica(options);
            await simulation.advance(500);
            simulation.fleet.corrupt("one", garbage);
            await simulation.advance(4_600);
            expect(process.run.outcome).to.equal("pending");
            // A run that was under way, one run into which missed runs are coalesced, and then one run a second.
            const [, , ...regular] = simulation.times;
            expect(simulation.times.length, "runs").to.be.within(1, 7);
            for (const [index, at] of regular.entries()) {
              if (index > 0) expect(at - (regular[index - 1] ?? 0), "ms between two runs").to.be.at.least(999);
            }
            const row = simulation.row(process);
            expect(JSON.parse(JSON.stringify(row)), "row").to.deep.equal(row);
            await simulation.stop();
            expect(process.run.outcome).to.equal("resolved");
          } finally {
            simulation.restore();
          }
        }),
        { numRuns: 200, examples },
      );
    });
  }

  /** The runs of the next seconds, by time and attempt, after a snapshot was stored. */
  async function runsAfter(snapshot: unknown) {
    const simulation = new Simulation();
    try {
      simulation.replica({ repeat: "1s", retry: new StaticBackoff({ sleep: 100 }), job: () => {} });
      await simulation.advance(500);
      simulation.fleet.corrupt("one", snapshot);
      await simulation.advance(3_600);
      return simulation.runs.map(({ at, attempt }) => [at, attempt]);
    } finally {
      simulation.restore();
    }
  }

  it("can have numbers out of range, and there is at most one run a second", async () => {
    for (const start of [-1e300, -1e17]) {
      for (const slot of [0, 1e300]) {
        const runs = await runsAfter({ repeat: [{ start, slot, interval: 1_000 }] });
        expect(runs.length, `${start}, ${slot}`).to.be.within(1, 5);
      }
    }
  });

  it("can have an invalid interval or slot, and a new timetable begins", async () => {
    for (const left of [{ interval: -1 }, { interval: 0 }, { interval: 0.5 }, { slot: 1.5 }, { slot: -2 }]) {
      const entry = { start: 2, slot: 1, interval: 2, isRunning: true, ...left };
      expect(await runsAfter({ repeat: [entry] }), JSON.stringify(left)).to.deep.equal([
        [2_000, 0],
        [3_000, 0],
        [4_000, 0],
      ]);
    }
  });

  it("can contain a run that began years ago: missed runs are coalesced into one, and the timetable continues", async () => {
    const runs = await runsAfter({ repeat: [{ start: 2, slot: 1, interval: 2, isRunning: true }] });
    expect(runs.map(([at]) => at)).to.deep.equal([1_000, 1_000, 1_004, 2_004, 3_004, 4_004]);
  });

  it("can have an invalid number of failures, and the attempt is valid", async () => {
    for (const failures of [-1, 0.5, 1e300]) {
      const [first] = await runsAfter({ retry: [{ failures }], repeat: [] });
      expect(first?.[1], String(failures)).to.satisfy(
        (attempt: unknown) => Number.isSafeInteger(attempt) && Number(attempt) >= 0,
      );
    }
  });
});
