import { hostname } from "node:os";
import { expect } from "chai";
import { StaticBackoff, wait } from "watchbill";
import { epoch, Stage } from "./stage.fixture.js";

const here = { host: hostname(), pid: process.pid };

describe("The row of a distributed worker", () => {
  let stage: Stage;

  beforeEach(() => {
    // Where the fleet's clock is another than the wall clock, the row has the latter's times.
    stage = new Stage({ skew: 5_000_000 });
  });

  afterEach(() => stage.restore());

  it("has no holder before its first turn, and is absent from the row of any other worker", () => {
    const process = stage.replica({ repeat: "1m", job: () => {} });
    expect(stage.row(process)).to.deep.include({ holder: null, phase: "waiting", runs: 0, nextDue: null });
    const other = stage.alone({ repeat: "1m", job: () => {} });
    expect(stage.row(other)).to.not.have.property("holder");
  });

  it("is the same in every process while it waits, but for who has had it last", async () => {
    const processes = stage.replicas(3, { repeat: "1m", job: () => wait("2s") });
    await stage.advance(200_000);
    const row = {
      name: "one",
      health: "ok",
      phase: "waiting",
      runs: 3,
      failures: 0,
      attempt: 0,
      missed: 0,
      lastStart: epoch + 180_000,
      lastDuration: 2_000,
      lastError: null,
      nextDue: epoch + 240_000,
    };
    const last = { host: "replica-1", pid: 1 };
    expect(stage.places).to.deep.equal(["2", "3", "1"]);
    expect(processes.map((process) => stage.row(process))).to.deep.equal([
      { ...row, holder: here },
      { ...row, holder: last },
      { ...row, holder: last },
    ]);
  });

  it("says who runs it, and that it runs", async () => {
    const [first, second] = stage.replicas(2, { repeat: "1m", job: () => wait("2s") });
    await stage.advance(61_000);
    expect(second && stage.row(second)).to.deep.include({ holder: here, phase: "running", runs: 1, nextDue: null });
    expect(first && stage.row(first)).to.deep.include({
      holder: { host: "replica-2", pid: 1 },
      phase: "running",
      nextDue: null,
    });
  });

  it("says what it has failed for, how often in a row, and until when it backs off", async () => {
    const job = () => {
      throw new Error("no");
    };
    const processes = stage.replicas(2, { repeat: "1m", retry: new StaticBackoff({ sleep: "1h" }), job });
    await stage.advance(70_000);
    for (const process of processes) {
      expect(stage.row(process)).to.deep.include({
        health: "firing",
        phase: "backoff",
        runs: 1,
        failures: 1,
        attempt: 1,
        lastError: "Error: no",
        nextDue: epoch + 3_660_000,
      });
    }
  });

  it("says what an attempt of a run has failed for, and how often in a row", async () => {
    const job = () => {
      throw new Error("no");
    };
    const processes = stage.replicas(2, { repeat: "1m", retryJob: new StaticBackoff({ sleep: "1h" }), job });
    await stage.advance(70_000);
    for (const process of processes) {
      expect(stage.row(process)).to.deep.include({ phase: "backoff", attempt: 1, lastError: "Error: no" });
    }
  });

  it("says how long a run took whose attempts were in several processes", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 1) throw new Error("no");
    };
    const processes = stage.replicas(2, { repeat: "1m", retryJob: new StaticBackoff({ sleep: "5s" }), job });
    await stage.advance(70_000);
    expect(stage.times).to.deep.equal([60_000, 65_000]);
    for (const process of processes) {
      expect(stage.row(process)).to.deep.include({ runs: 1, lastStart: epoch + 60_000, lastDuration: 5_000 });
    }
  });

  it("counts on when a process starts anew, and in one that comes later", async () => {
    const [first] = stage.replicas(2, { repeat: "1m", job: () => {} });
    await stage.advance(150_000);
    first?.stop.abort();
    const late = stage.replica({ repeat: "1m", job: () => {} });
    await stage.advance(130_000);
    expect(stage.row(late)).to.deep.include({ health: "ok", runs: 4, lastStart: epoch + 240_000 });
    expect(first && stage.row(first)).to.deep.include({ phase: "stopped", runs: 2 });
  });

  it("is a plain object", async () => {
    const process = stage.replica({ repeat: "1m", job: () => {} });
    await stage.advance(70_000);
    const row = stage.row(process);
    expect(JSON.parse(JSON.stringify(row))).to.deep.equal(row);
  });
});
