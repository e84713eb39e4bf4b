import { expect } from "chai";
import { bootstrap, DeclarativeWorker, type WorkerStatus } from "watchbill";
import { plannedTimes } from "../../lib/dashboard/planned-times.js";

const minute = 60_000;
const job = (): void => {};
const every10m = new DeclarativeWorker({ name: "poll", job, repeat: "10m" });

function planned(worker: DeclarativeWorker, changes: Partial<WorkerStatus>, now: number): number[] {
  const [row] = bootstrap([worker]).status();
  if (row === undefined) throw new Error("There is no row");
  return plannedTimes(worker, { ...row, ...changes }, now).map((time) => time / minute);
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
});
