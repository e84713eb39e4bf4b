import { expect } from "chai";
import fc from "fast-check";
import { Snapshot, StaticBackoff } from "watchbill";
import { Stage } from "./stage.fixture.js";

/** Anything that a link may find in the place of what it has written down. */
const junk = fc.constantFrom(undefined, null, "", "1", true, false, {}, [], [[]], [1, "x", null], -1, 0, 1, 1.5, 2);
const fields = ["start", "slot", "interval", "after", "isRunning", "since", "failures", "lastFailure", "failedAt", "until"];
const note = fc.dictionary(fc.constantFrom(...fields), junk);
const memory = fc.dictionary(fc.constantFrom("repeat", "retry", "retryJob", "timeout", "other"), fc.oneof(fc.array(note), junk));

/** The first was found by seed -118138293: an interval of -1 was taken for one, and the run that was under way was added to those of the grid. */
const examples: [{ [kind: string]: unknown }][] = [
  [{ repeat: [{ interval: -1, slot: 1, isRunning: true, start: 2 }] }],
  [{ repeat: [{ interval: 2, slot: 1.5, isRunning: true, start: 2 }] }],
  [{ repeat: [{ interval: 2, slot: 1, isRunning: true, start: 2 }] }],
];

describe("What the last turn has left", () => {
  it("is read from anything, and what makes no sense is left out", () =>
    fc.assert(
      fc.property(fc.jsonValue(), (stored) => {
        const read = Snapshot.from(stored).toJSON();
        expect(Snapshot.from(read).toJSON()).to.deep.equal(read);
        for (const notes of Object.values(read)) {
          expect(notes).to.be.an("array");
          for (const each of notes) expect(each).to.be.an("object");
        }
      }),
    ));

  it("is recalled by kind, each once, in the order in which it was written", () => {
    const memory = Snapshot.from({
      retry: [{ failures: 1 }, { failures: 2 }],
      repeat: [{ slot: 5 }],
      odd: 7,
      list: [1, null, [], {}],
    });
    expect(memory.toJSON()).to.deep.equal({ retry: [{ failures: 1 }, { failures: 2 }], repeat: [{ slot: 5 }], list: [{}] });
    expect(memory.first("retry")).to.deep.equal({ failures: 1 });
    expect(memory.recall("retry")).to.deep.equal({ failures: 1 });
    expect(memory.recall("retry")).to.deep.equal({ failures: 2 });
    expect(memory.recall("retry")).to.equal(undefined);
    expect(memory.recall("nothing")).to.equal(undefined);
    expect(memory.first("nothing")).to.equal(undefined);
  });

  it("is read under names that an object has by itself", () => {
    const read = Snapshot.from(JSON.parse('{"__proto__":[{"a":1}],"constructor":[{"b":2}],"toString":[{}]}'));
    expect(read.recall("constructor")).to.deep.equal({ b: 2 });
    expect(read.recall("hasOwnProperty")).to.equal(undefined);
    expect(Object.getPrototypeOf(Snapshot.from({}).toJSON())).to.equal(Object.prototype);
  });

  for (const { of, repeat } of [
    { of: "a grid", repeat: "1s" as const },
    {
      of: "a schedule",
      repeat: { schedule: { next: (after: Date) => new Date(Math.floor(after.getTime() / 1_000) * 1_000 + 1_000) } },
    },
  ]) {
    it(`may be garbage: the worker of ${of} runs all the same, once a second after what was missed, and does not fail for it`, async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(memory, async (garbage) => {
          const stage = new Stage();
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
            const process = stage.replica(options);
            await stage.advance(500);
            stage.fleet.corrupt("one", garbage);
            await stage.advance(4_600);
            expect(process.run.outcome).to.equal("pending");
            // The attempt that may have been under way, one run for all that may have been missed, and then one a second.
            const [, , ...regular] = stage.times;
            expect(stage.times.length, "runs").to.be.within(1, 7);
            for (const [index, at] of regular.entries()) {
              if (index > 0) expect(at - (regular[index - 1] ?? 0), "ms between two runs").to.be.at.least(999);
            }
            const row = stage.row(process);
            expect(JSON.parse(JSON.stringify(row)), "row").to.deep.equal(row);
            await stage.stop();
            expect(process.run.outcome).to.equal("resolved");
          } finally {
            stage.restore();
          }
        }),
        { numRuns: 200, examples },
      );
    });
  }

  /** The runs of some seconds, by time and attempt, after this was left. */
  async function runsAfter(left: unknown) {
    const stage = new Stage();
    try {
      stage.replica({ repeat: "1s", retry: new StaticBackoff({ sleep: 100 }), job: () => {} });
      await stage.advance(500);
      stage.fleet.corrupt("one", left);
      await stage.advance(3_600);
      return stage.runs.map(({ at, attempt }) => [at, attempt]);
    } finally {
      stage.restore();
    }
  }

  it("may have numbers that are out of all range, and there is no more than one run a second for it", async () => {
    for (const start of [-1e300, -1e17]) {
      for (const slot of [0, 1e300]) {
        const runs = await runsAfter({ repeat: [{ start, slot, interval: 1_000 }] });
        expect(runs.length, `${start}, ${slot}`).to.be.within(1, 5);
      }
    }
  });

  it("may have an interval or a slot that is none, and a new grid begins", async () => {
    for (const left of [{ interval: -1 }, { interval: 0 }, { interval: 0.5 }, { slot: 1.5 }, { slot: -2 }]) {
      const note = { start: 2, slot: 1, interval: 2, isRunning: true, ...left };
      expect(await runsAfter({ repeat: [note] }), JSON.stringify(left)).to.deep.equal([
        [2_000, 0],
        [3_000, 0],
        [4_000, 0],
      ]);
    }
  });

  it("may be of a run that was under way for years: that ends, missed runs are coalesced into one, and the others are on the grid", async () => {
    const runs = await runsAfter({ repeat: [{ start: 2, slot: 1, interval: 2, isRunning: true }] });
    expect(runs.map(([at]) => at)).to.deep.equal([1_000, 1_000, 1_004, 2_004, 3_004, 4_004]);
  });

  it("may have a number of failures that is none, and the attempt is one all the same", async () => {
    for (const failures of [-1, 0.5, 1e300]) {
      const [first] = await runsAfter({ retry: [{ failures }], repeat: [] });
      expect(first?.[1], String(failures)).to.satisfy(
        (attempt: unknown) => Number.isSafeInteger(attempt) && Number(attempt) >= 0,
      );
    }
  });
});
