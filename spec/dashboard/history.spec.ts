import { expect } from "chai";
import type { RunEvent } from "watchbill";
import { History } from "../../lib/dashboard/history.js";
import { RunRing } from "../../lib/dashboard/run-ring.js";
import { collectGarbage } from "../runner/collect-garbage.fixture.js";

const megabyte = 1_048_576;

function run(worker: string, changes: Partial<RunEvent> = {}): RunEvent {
  return { worker, attempt: 0, due: 0, cause: "schedule", outcome: "done", duration: 1.5, lateness: 0.25, ...changes };
}

describe("The history of a dashboard", () => {
  it("has the last runs of a worker, the newest first", () => {
    const history = new History(megabyte, () => true);
    for (let index = 0; index < 500; index++) history.addRun(run("a", { attempt: index }), 1_000 + index);
    const { runs } = history.detailOf("a");
    expect(runs.map(({ attempt }) => attempt)).to.deep.equal(Array.from({ length: 100 }, (_, index) => 499 - index));
    expect(runs[0]).to.deep.equal({
      start: 1_499,
      due: 1_499,
      cause: "schedule",
      duration: 1.5,
      lateness: 0.25,
      outcome: "done",
      attempt: 499,
      error: null,
    });
  });

  it("has the runs and the misses of the last hour, the oldest first", () => {
    const history = new History(megabyte, () => true);
    const now = Date.now();
    const starts = [now - 3_700_000, now - 3_000_000, now - 1_000];
    for (const start of starts) history.addRun(run("a"), start);
    history.addMiss({ worker: "a", count: 3, reason: "busy" });
    history.addMiss({ worker: "a", count: 2, reason: "busy" });
    history.addMiss({ worker: "a", count: 1, reason: "paused" });
    history.addRun({ ...run("a"), cause: "retry" }, now);
    const { runs, due, missed } = history.stripOf("a");
    expect(runs).to.deep.equal([
      [starts[1], 1.5, 0],
      [starts[2], 1.5, 0],
      [now, 1.5, 0],
    ]);
    // Without the last, which has another cause than its schedule.
    expect(due).to.have.lengthOf(2);
    for (const [index, time] of due.entries()) expect(time).to.be.at.most(starts[index + 1] ?? 0);
    // Misses that follow each other soon are one.
    expect(missed.map(([, count]) => count)).to.deep.equal([5, 1]);
    expect(history.detailOf("a").missed.map(({ reason, count }) => [reason, count])).to.deep.equal([
      ["paused", 1],
      ["busy", 5],
    ]);
  });

  it("stays within its bytes, with any number of workers and whatever they throw", () => {
    for (const bytes of [65_536, megabyte, 16 * megabyte]) {
      const history = new History(bytes, () => true);
      for (let index = 0; index < 30_000; index++) {
        const error = index % 3 === 0 ? new Error(`failed ${index} ${"x".repeat(index % 2_000)}`) : undefined;
        const failure = error === undefined ? {} : ({ outcome: "failed", error } as const);
        history.addRun(run(`worker ${index % 10_000}`, failure), index);
        if (error !== undefined) history.resolve(`worker ${index % 10_000}`, `Error: ${error.message}`, "stack ".repeat(1_000));
      }
      expect(history.bytes).to.be.at.most(bytes);
      expect(history.bytes).to.be.above(bytes / 4);
    }
  });

  it("takes as much memory as it counts", async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `worker ${index}`);
    const fill = (): History => {
      const history = new History(16 * megabyte, () => true);
      for (let index = 0; index < 200_000; index++) history.addRun(run(names[index % names.length] ?? ""), index);
      return history;
    };
    const used = async (): Promise<number> => {
      await collectGarbage();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    fill();
    const before = await used();
    const history = fill();
    const taken = (await used()) - before;
    console.log(
      `        10,000 workers: counted ${(history.bytes / megabyte).toFixed(1)} MB, took ${(taken / megabyte).toFixed(1)} MB`,
    );
    expect(taken).to.be.below(1.5 * history.bytes);
  });

  it("drops the workers that are gone when others need the room", () => {
    const known = new Set<string>();
    const history = new History(megabyte, (worker) => known.has(worker));
    for (let generation = 0; generation < 20; generation++) {
      known.clear();
      for (let index = 0; index < 500; index++) known.add(`${generation}/${index}`);
      for (const worker of known) for (let index = 0; index < 20; index++) history.addRun(run(worker), index);
    }
    for (const worker of known) expect(history.detailOf(worker).runs.length).to.be.above(4);
    expect(history.detailOf("0/0").runs).to.deep.equal([]);
  });

  const fail = (history: History, error: Error): void => history.addRun(run("a", { outcome: "failed", error }), 1);
  const errorsOf = (history: History) => history.detailOf("a").errors;

  it("counts equal errors, and completes them with the text of the status", () => {
    const history = new History(megabyte, () => true);
    const down = (): Error => new Error("down");
    for (let index = 0; index < 3; index++) fail(history, down());
    expect([...history.unresolved]).to.deep.equal(["a"]);
    history.resolve("a", "Error: another", "stack of another");
    expect(errorsOf(history)).to.have.length(1);
    expect(errorsOf(history)[0]?.text).to.match(/^Error: down\n +at down \(.*history\.spec\.ts:\d+:\d+\)\n/);
    fail(history, down());
    const text = errorsOf(history)[0]?.text ?? "";
    history.resolve("a", "Error: down", `${text}\n  caused by: Error: refused`);
    expect(errorsOf(history)[0]).to.include({ count: 4, text: `${text}\n  caused by: Error: refused` });
    expect(history.detailOf("a").runs[0]).to.include({ outcome: "failed", error: "Error: down" });
    expect(history.unresolved.size).to.equal(0);
    fail(history, down());
    expect(history.unresolved.size).to.equal(0);
  });

  it("keeps errors with the same message from two places apart, each with its own stack", () => {
    const history = new History(megabyte, () => true);
    const first = (): Error => new Error("connect ECONNREFUSED");
    const second = (): Error => new Error("connect ECONNREFUSED");
    for (const error of [first(), second(), first()]) fail(history, error);
    expect(errorsOf(history).map(({ count }) => count)).to.deep.equal([2, 1]);
    expect(errorsOf(history).map(({ text }) => /at (\w+)/.exec(text)?.[1])).to.deep.equal(["first", "second"]);
    // The status has one stack for errors with the same first frame.
    history.resolve("a", "Error: connect ECONNREFUSED", "Error: connect ECONNREFUSED\n    at third (/srv/a.ts:1:1)");
    expect(errorsOf(history)[0]?.text).to.match(/at first/);
  });

  it("does not know an error by the frames of dependencies", () => {
    const history = new History(megabyte, () => true);
    for (const frame of ["node_modules/pg/a.js:1:1", "node_modules/pg/b.js:1:1"])
      fail(
        history,
        Object.assign(new Error("down"), { stack: `Error: down\n    at query (/srv/${frame})\n    at job (/srv/job.ts:3:1)` }),
      );
    expect(errorsOf(history).map(({ count }) => count)).to.deep.equal([2]);
  });

  it("has the message of each of those errors that the status takes for one kind", () => {
    const history = new History(megabyte, () => true);
    const timedOut = (order: number): Error => new Error(`order ${order}: timed out`);
    fail(history, timedOut(1));
    const text = errorsOf(history)[0]?.text ?? "";
    history.resolve("a", "Error: order 1: timed out", text);
    fail(history, timedOut(2));
    history.resolve("a", "Error: order 2: timed out", `${text}\n  caused by: Error: ETIMEDOUT`);
    const [newest] = errorsOf(history);
    expect(newest?.text)
      .to.match(/^Error: order 2: timed out\n +at timedOut/)
      .and.to.match(/caused by: Error: ETIMEDOUT$/);
    expect(newest?.text).to.not.contain("order 1");
  });

  it("reads an error that throws", () => {
    const history = new History(megabyte, () => true);
    const error = Object.defineProperty(new Error("x"), "message", {
      get() {
        throw new Error("no");
      },
    });
    history.addRun(run("a", { outcome: "failed", error }), 1);
    expect(history.detailOf("a").errors[0]?.text).to.equal("an error that cannot be read");
  });
});

describe("A ring of runs", () => {
  const record = { start: 0, duration: 1, lateness: 0, outcome: 0, cause: 0, attempt: 0, error: 0 };
  const startsOf = (ring: RunRing): number[] => {
    const starts: number[] = [];
    ring.visit(
      ({ start }) => starts.push(start) > 0,
      () => true,
    );
    return starts;
  };

  it("keeps every field, and the newest records when it grows and shrinks", () => {
    const ring = new RunRing(4);
    for (let start = 1; start <= 6; start++) ring.addRun({ ...record, start });
    expect(startsOf(ring)).to.deep.equal([6, 5, 4, 3]);
    ring.resize(8);
    ring.addRun({
      start: 1_795_667_333_019,
      duration: 3_600_000,
      lateness: 12,
      outcome: 3,
      cause: 2,
      attempt: 65_535,
      error: 2_047,
    });
    expect(startsOf(ring)).to.deep.equal([1_795_667_333_019, 6, 5, 4, 3]);
    ring.visit(
      (newest) => {
        expect(newest).to.deep.equal({
          start: 1_795_667_333_019,
          duration: 3_600_000,
          lateness: 12,
          outcome: 3,
          cause: 2,
          attempt: 65_535,
          error: 2_047,
        });
        return false;
      },
      () => true,
    );
    ring.resize(2);
    expect(startsOf(ring)).to.deep.equal([1_795_667_333_019, 6]);
  });

  it("has the success rate of what is in it", () => {
    const ring = new RunRing(4);
    expect(ring.successRate).to.equal(null);
    for (const outcome of [1, 1, 0, 0, 2, 3]) ring.addRun({ ...record, outcome });
    // Done, done, stopped, completed: a run that was stopped is neither.
    expect(ring.successRate).to.equal(1);
    ring.addRun({ ...record, outcome: 1 });
    expect(ring.successRate).to.equal(2 / 3);
    ring.resize(1);
    expect(ring.successRate).to.equal(0);
  });
});
