import { expect } from "chai";
import fc from "fast-check";
import { Memory, StaticBackoff } from "watchbill";
import { Stage } from "./stage.fixture.js";

/** Anything that a link may find in the place of what it has written down. */
const junk = fc.constantFrom(undefined, null, "", "1", true, false, {}, [], [[]], [1, "x", null], -1, 0, 1, 1.5, 2);
const fields = ["start", "slot", "interval", "after", "isRunning", "since", "failures", "lastFailure", "failedAt", "until"];
const note = fc.dictionary(fc.constantFrom(...fields), junk);
const memory = fc.dictionary(fc.constantFrom("repeat", "retry", "retryJob", "timeout", "other"), fc.oneof(fc.array(note), junk));

describe("What the last turn has left", () => {
  it("is read from anything, and what makes no sense is left out", () =>
    fc.assert(
      fc.property(fc.jsonValue(), (stored) => {
        const read = Memory.from(stored).toJSON();
        expect(Memory.from(read).toJSON()).to.deep.equal(read);
        for (const notes of Object.values(read)) {
          expect(notes).to.be.an("array");
          for (const each of notes) expect(each).to.be.an("object");
        }
      }),
    ));

  it("is recalled by kind, each once, in the order in which it was written", () => {
    const memory = Memory.from({
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
    const read = Memory.from(JSON.parse('{"__proto__":[{"a":1}],"constructor":[{"b":2}],"toString":[{}]}'));
    expect(read.recall("constructor")).to.deep.equal({ b: 2 });
    expect(read.recall("hasOwnProperty")).to.equal(undefined);
    expect(Object.getPrototypeOf(Memory.from({}).toJSON())).to.equal(Object.prototype);
  });

  for (const { of, repeat } of [
    { of: "a grid", repeat: "1s" as const },
    {
      of: "a schedule",
      repeat: { schedule: { next: (after: Date) => new Date(Math.floor(after.getTime() / 1_000) * 1_000 + 1_000) } },
    },
  ]) {
    it(`may be garbage: the worker of ${of} runs all the same, at most once a second, and does not fail for it`, async function () {
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
            expect(stage.times.length, "runs").to.be.within(1, 6);
            const row = stage.row(process);
            expect(JSON.parse(JSON.stringify(row)), "row").to.deep.equal(row);
            await stage.stop();
            expect(process.run.outcome).to.equal("resolved");
          } finally {
            stage.restore();
          }
        }),
        { numRuns: 200 },
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

  it("may have a number of failures that is none, and the attempt is one all the same", async () => {
    for (const failures of [-1, 0.5, 1e300]) {
      const [first] = await runsAfter({ retry: [{ failures }], repeat: [] });
      expect(first?.[1], String(failures)).to.satisfy(
        (attempt: unknown) => Number.isSafeInteger(attempt) && Number(attempt) >= 0,
      );
    }
  });
});
