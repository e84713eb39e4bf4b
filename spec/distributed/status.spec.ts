import { hostname } from "node:os";
import { expect } from "chai";
import { StaticBackoff, wait } from "watchbill";
import { epoch, Simulation } from "./simulation.fixture.js";

const here = { host: hostname(), pid: process.pid };

describe("The status of a distributed worker", () => {
  let simulation: Simulation;

  beforeEach(() => {
    // The engine's clock differs from the wall clock; the status has times of the wall clock.
    simulation = new Simulation({ skew: 5_000_000 });
  });

  afterEach(() => simulation.restore());

  it("has holder null before the first run; local workers have no holder", () => {
    const process = simulation.replica({ repeat: "1m", job: () => {} });
    expect(simulation.row(process)).to.deep.include({ holder: null, phase: "waiting", runs: 0, nextDue: null });
    const other = simulation.alone({ repeat: "1m", job: () => {} });
    expect(simulation.row(other)).to.not.have.property("holder");
  });

  it("is the same on every replica while it waits, with the replica that ran it last", async () => {
    const processes = simulation.replicas(3, { repeat: "1m", job: () => wait("2s") });
    await simulation.advance(200_000);
    const row = {
      name: "one",
      group: null,
      runner: "",
      schedule: "every 1m",
      health: "ok",
      healthSince: epoch + 62_000,
      phase: "waiting",
      pause: null,
      runs: 3,
      failures: 0,
      attempt: 0,
      missed: 0,
      lastStart: epoch + 180_000,
      lastDuration: 2_000,
      lastSuccess: epoch + 182_000,
      lastError: null,
      lastErrorAt: null,
      lastErrorStack: null,
      nextDue: epoch + 240_000,
    };
    const last = { host: "replica-1", pid: 1 };
    expect(simulation.places).to.deep.equal(["2", "3", "1"]);
    expect(processes.map((process) => simulation.row(process))).to.deep.equal([
      { ...row, holder: here },
      { ...row, holder: last },
      { ...row, holder: last },
    ]);
  });

  it("shows that it runs, and on which replica", async () => {
    const [first, second] = simulation.replicas(2, { repeat: "1m", job: () => wait("2s") });
    await simulation.advance(61_000);
    expect(second && simulation.row(second)).to.deep.include({ holder: here, phase: "running", runs: 1, nextDue: null });
    expect(first && simulation.row(first)).to.deep.include({
      holder: { host: "replica-2", pid: 1 },
      phase: "running",
      nextDue: null,
    });
  });

  it("shows the last error, the failures in a row, and the end of the backoff", async () => {
    const job = () => {
      throw new Error("no");
    };
    const processes = simulation.replicas(2, { repeat: "1m", retry: new StaticBackoff({ sleep: "1h" }), job });
    await simulation.advance(70_000);
    for (const process of processes) {
      expect(simulation.row(process)).to.deep.include({
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

  it("shows the last error and the number of failed attempts of a run", async () => {
    const job = () => {
      throw new Error("no");
    };
    const processes = simulation.replicas(2, { repeat: "1m", retryJob: new StaticBackoff({ sleep: "1h" }), job });
    await simulation.advance(70_000);
    for (const process of processes) {
      expect(simulation.row(process)).to.deep.include({ phase: "backoff", attempt: 1, lastError: "Error: no" });
    }
  });

  it("shows the duration of a run whose attempts were on several replicas", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 1) throw new Error("no");
    };
    const processes = simulation.replicas(2, { repeat: "1m", retryJob: new StaticBackoff({ sleep: "5s" }), job });
    await simulation.advance(70_000);
    expect(simulation.times).to.deep.equal([60_000, 65_000]);
    for (const process of processes) {
      expect(simulation.row(process)).to.deep.include({ runs: 1, lastStart: epoch + 60_000, lastDuration: 5_000 });
    }
  });

  it("keeps its counts when a replica restarts, and on a new replica", async () => {
    const [first] = simulation.replicas(2, { repeat: "1m", job: () => {} });
    await simulation.advance(150_000);
    first?.stop.abort();
    const late = simulation.replica({ repeat: "1m", job: () => {} });
    await simulation.advance(130_000);
    expect(simulation.row(late)).to.deep.include({ health: "ok", runs: 4, lastStart: epoch + 240_000 });
    expect(first && simulation.row(first)).to.deep.include({ phase: "stopped", runs: 2 });
  });

  it("is a plain object", async () => {
    const process = simulation.replica({ repeat: "1m", job: () => {} });
    await simulation.advance(70_000);
    const row = simulation.row(process);
    expect(JSON.parse(JSON.stringify(row))).to.deep.equal(row);
  });
});
