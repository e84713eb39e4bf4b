import { expect } from "chai";
import { bootstrap, DeclarativeWorker, type WorkerStatus } from "watchbill";
import { PlannedTimes } from "../../lib/dashboard/planned-times.js";

const minute = 60_000;
const job = (): void => {};
const every10m = new DeclarativeWorker({ name: "poll", job, repeat: "10m" });

function planned(worker: DeclarativeWorker, changes: Partial<WorkerStatus>, now: number, times = new PlannedTimes()): number[] {
  return times.of(worker, { ...statusOf(worker), ...changes }, now).map((time) => time / minute);
}

function statusOf(worker: DeclarativeWorker): WorkerStatus {
  const [row] = bootstrap([worker]).status();
  if (row === undefined) throw new Error("There is no row");
  return row;
}

describe("The planned times of a worker", () => {
  const now = 1_000 * minute;

  it("begin with its next due time, and follow its interval", () => {
    expect(planned(every10m, { phase: "waiting", nextDue: 1_003 * minute }, now)).to.deep.equal([
      1_003, 1_013, 1_023, 1_033, 1_043, 1_053,
    ]);
  });

  it("follow the start of the run while one is under way", () => {
    const running = { phase: "running", nextDue: null } as const;
    expect(planned(every10m, { ...running, lastStart: 993 * minute }, now)).to.deep.equal([
      1_003, 1_013, 1_023, 1_033, 1_043, 1_053,
    ]);
    expect(planned(every10m, { ...running, lastStart: 968 * minute }, now)).to.deep.equal([
      1_008, 1_018, 1_028, 1_038, 1_048, 1_058,
    ]);
  });

  it("are one interval after the end of a backoff, and its end", () => {
    expect(
      planned(every10m, { phase: "backoff", nextDue: 1_002 * minute, lastStart: 999 * minute }, now).slice(0, 3),
    ).to.deep.equal([1_002, 1_012, 1_022]);
  });

  it("are those of a schedule, within the hour", () => {
    const schedule = { next: (after: Date) => new Date((Math.floor(after.getTime() / (25 * minute)) + 1) * 25 * minute) };
    const worker = new DeclarativeWorker({ name: "cron", job, repeat: schedule });
    expect(planned(worker, { phase: "waiting", nextDue: 1_025 * minute }, now)).to.deep.equal([1_025, 1_050]);
    expect(planned(worker, { phase: "running" }, now)).to.deep.equal([1_025, 1_050]);
  });

  it("are at most 200", () => {
    const worker = new DeclarativeWorker({ name: "often", job, repeat: "1s" });
    expect(planned(worker, { phase: "waiting", nextDue: now + 500 }, now)).to.have.lengthOf(200);
  });

  it("are none for a worker that is paused, has stopped, or is continuous", () => {
    expect(planned(every10m, { phase: "paused", lastStart: now }, now)).to.deep.equal([]);
    expect(planned(every10m, { phase: "stopped", lastStart: now }, now)).to.deep.equal([]);
    expect(
      planned(new DeclarativeWorker({ name: "loop", worker: async () => {} }), { phase: "running", lastStart: now }, now),
    ).to.deep.equal([]);
  });

  describe("that has a schedule", () => {
    let asked: number[] = [];
    const schedule = {
      next: (after: Date): Date => {
        asked.push(after.getTime() / minute);
        return new Date((Math.floor(after.getTime() / (5 * minute)) + 1) * 5 * minute);
      },
    };
    const worker = new DeclarativeWorker({ name: "cron", job, repeat: schedule });
    const due = (at: number) => ({ phase: "waiting", nextDue: at * minute }) as const;
    const whole = Array.from({ length: 12 }, (_, index) => 1_005 + 5 * index);

    beforeEach(() => {
      asked = [];
    });

    it("are computed once, and continued as time goes by", () => {
      const times = new PlannedTimes();
      expect(planned(worker, due(1_005), now, times)).to.deep.equal(whole);
      expect(asked).to.deep.equal(whole);
      for (let request = 0; request < 100; request++) planned(worker, due(1_005), now + 4 * minute, times);
      expect(asked).to.have.length(12);
      const later = [...whole.slice(1), 1_065];
      expect(planned(worker, { phase: "running", nextDue: null }, now + 5 * minute, times)).to.deep.equal(later);
      expect(planned(worker, due(1_010), now + 6 * minute, times)).to.deep.equal(later);
      expect(asked).to.deep.equal([...whole, 1_065]);
    });

    it("have the end of a backoff in front, for as long as it lasts", () => {
      const times = new PlannedTimes();
      planned(worker, due(1_005), now, times);
      const backoff = { phase: "backoff", nextDue: 1_008 * minute } as const;
      expect(planned(worker, backoff, now + 3 * minute, times).slice(0, 2)).to.deep.equal([1_008, 1_010]);
      // A command has ended it.
      const running = { phase: "running", nextDue: null } as const;
      expect(planned(worker, running, now + 4 * minute, times).slice(0, 2)).to.deep.equal([1_005, 1_010]);
      expect(asked).to.have.length(12);
    });

    it("are computed anew if the next one is another, the clock was set back, or ten minutes have passed", () => {
      for (const [changes, time] of [
        [due(1_013), now],
        [due(1_005), now - 1],
        [due(1_015), now + 10 * minute],
      ] as const) {
        const times = new PlannedTimes();
        planned(worker, due(1_005), now, times);
        asked = [];
        planned(worker, changes, time, times);
        expect(asked.length).to.be.at.least(9);
      }
    });

    it("are none if the schedule throws, or does not go on", () => {
      for (const next of [
        (): Date => {
          throw new Error("no");
        },
        (after: Date): Date => after,
        (): null => null,
      ]) {
        const odd = { next: (after: Date): Date | null => new Date(after.getTime() + 1) };
        const oddWorker = new DeclarativeWorker({ name: "odd", job, repeat: odd });
        odd.next = next;
        expect(planned(oddWorker, { phase: "running" }, now)).to.deep.equal([]);
      }
    });

    it("are kept of a limited number of workers", () => {
      const times = new PlannedTimes();
      const workers = Array.from({ length: 1_001 }, () => new DeclarativeWorker({ name: "cron", job, repeat: schedule }));
      for (const each of workers) planned(each, due(1_005), now, times);
      asked = [];
      for (const each of workers.slice(1)) planned(each, due(1_005), now, times);
      expect(asked).to.have.length(0);
      planned(workers[0] ?? worker, due(1_005), now, times);
      expect(asked).to.have.length(12);
    });
  });
});
