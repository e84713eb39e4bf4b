import { expect } from "chai";
import { DoNotRestart, StaticBackoff, StopAll, stopped, type WorkerContext, wait } from "watchbill";
import { Simulation } from "./simulation.fixture.js";

describe("A distributed worker whose process stops", () => {
  let simulation: Simulation;

  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(() => simulation.restore());

  /** A run of 10 s that ends when its signal aborts. */
  const cutShort = ({ signal }: WorkerContext) => wait("10s", { signal });

  it("leaves an interrupted run to another replica, which repeats it immediately", async () => {
    const [, holder] = simulation.replicas(2, { repeat: "1m", job: cutShort });
    await simulation.advance(65_000);
    holder?.stop.abort();
    await simulation.advance(60_000);
    expect(simulation.times).to.deep.equal([60_000, 65_000, 120_000]);
    expect(holder?.run.outcome).to.equal("resolved");
  });

  it("has completed a run that returns after the stop: it is not repeated", async () => {
    const [, holder] = simulation.replicas(2, { repeat: "1m", job: () => wait("10s") });
    await simulation.advance(65_000);
    holder?.stop.abort();
    await simulation.advance(60_000);
    expect(simulation.times).to.deep.equal([60_000, 120_000]);
    expect(holder?.run.outcome).to.equal("resolved");
  });

  it("does not repeat a run that failed after the stop, and fails", async () => {
    const error = new Error("would not stop");
    let runs = 0;
    const job = async ({ signal }: WorkerContext) => {
      if (runs++ > 0) return;
      await stopped(signal);
      throw error;
    };
    const [, holder] = simulation.replicas(2, { repeat: "1m", job });
    await simulation.advance(65_000);
    holder?.stop.abort();
    await simulation.advance(60_000);
    expect(simulation.times).to.deep.equal([60_000, 120_000]);
    expect(holder?.run.outcome).to.have.deep.property("errors", [error]);
  });

  it("does not run again while it waits, and another replica continues", async () => {
    const [first] = simulation.replicas(2, { repeat: "1m", job: () => {} });
    await simulation.advance(90_000);
    first?.stop.abort();
    await simulation.advance(60_000);
    expect(simulation.times).to.deep.equal([60_000, 120_000]);
    expect(simulation.places[1]).to.equal("2");
  });

  it("keeps the attempt and the remaining timeout of an interrupted run", async () => {
    let runs = 0;
    const job = async (context: WorkerContext) => {
      if (runs++ < 2) throw new Error("no");
      await cutShort(context);
    };
    const retryJob = new StaticBackoff({ sleep: "5s" });
    const [first] = simulation.replicas(2, {
      repeat: "10m",
      timeout: "15s",
      retryJob,
      job,
      retry: new StaticBackoff({ sleep: "1h" }),
    });
    await simulation.advance(612_000);
    expect(simulation.places).to.deep.equal(["2", "1", "2"]);
    simulation.processes[1]?.stop.abort();
    await simulation.advance(4_000);
    expect(simulation.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [600_000, 0],
      [605_000, 1],
      [610_000, 2],
      [612_000, 2],
    ]);
    // 15 s after the first attempt, on any replica.
    expect(first?.runner.status()[0]?.lastError).to.equal(
      "TimeoutError: A run of one took longer than 15s: let it watch context.signal, or raise its timeout",
    );
  });

  it("completes on all replicas when it completes on one", async () => {
    const worker = async () => {
      await wait("5s");
      throw new DoNotRestart("all is migrated");
    };
    const processes = simulation.replicas(3, { retry: new StaticBackoff({ sleep: 0 }), worker });
    await simulation.advance(4_000);
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["pending", "pending", "pending"]);
    await simulation.advance(120_000);
    expect(simulation.times).to.deep.equal([0]);
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["resolved", "resolved", "resolved"]);
    expect(simulation.fleet.record("one").isCompleted).to.equal(true);
  });

  it('completes on all replicas when it returns with restart "on-failure", and is retried on another replica when it fails', async () => {
    let starts = 0;
    const worker = async () => {
      await wait("1s");
      if (++starts < 3) throw new Error("no");
    };
    const options = { restart: "on-failure", retry: new StaticBackoff({ sleep: "2s" }), worker } as const;
    const processes = simulation.replicas(2, options);
    await simulation.advance(60_000);
    expect(simulation.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [0, 0],
      [3_000, 1],
      [6_000, 2],
    ]);
    expect(simulation.places).to.deep.equal(["1", "2", "1"]);
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["resolved", "resolved"]);
  });

  it("completes on all replicas when its schedule has no further time", async () => {
    const last = Date.now() + 5_000;
    const schedule = { next: (after: Date) => (after.getTime() < last ? new Date(last) : null) };
    const processes = simulation.replicas(2, { repeat: { schedule }, job: () => {} });
    await simulation.advance(10_000);
    expect(simulation.times).to.deep.equal([5_000]);
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["resolved", "resolved"]);
  });

  it("stops its runner by a StopAll, and continues on another replica", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 2) throw new StopAll("a new version");
    };
    const [first, second] = simulation.replicas(2, { repeat: "1s", job });
    await simulation.advance(5_500);
    expect([first?.run.outcome, second?.run.outcome]).to.include("pending").and.to.include("resolved");
    expect(new Set(simulation.places.slice(2)).size).to.equal(1);
    expect(simulation.times.filter((at) => at > 2_000)).to.deep.equal([3_000, 4_000, 5_000]);
  });

  it("continues on another replica at its next due time after it failed without a retry", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 2) throw new Error("no");
    };
    const [first, second] = simulation.replicas(2, { repeat: "1s", job });
    await simulation.advance(4_500);
    expect(simulation.times).to.deep.equal([1_000, 2_000, 3_000, 4_000]);
    expect([first?.run.outcome, second?.run.outcome].filter((outcome) => outcome instanceof Error)).to.have.lengthOf(1);
  });

  it("moves to another replica when the lock of a dead one expires, and repeats the run that had begun", async () => {
    const options = { repeat: "1m", job: () => wait("10s") } as const;
    const [first, second] = simulation.replicas(2, options);
    await simulation.advance(65_000);
    const [holder, other] = simulation.places[0] === "1" ? [first, second] : [second, first];
    holder?.engine.kill();
    simulation.forgetRun();
    await simulation.advance(175_500);
    // The run of one minute is repeated half a minute after the replica died; the timetable does not change.
    expect(simulation.times).to.deep.equal([60_000, 95_000, 120_000, 180_000, 240_000]);
    expect(new Set(simulation.runs.slice(1).map(({ where }) => where))).to.deep.equal(new Set([other?.engine.name]));
  });

  it("fails a run at its timeout, also if the replica that began it waits for another attempt", async () => {
    const [first] = simulation.replicas(2, {
      repeat: "10m",
      timeout: "15s",
      retryJob: new StaticBackoff({ sleep: "20s" }),
      job: () => Promise.reject(new Error("no")),
      retry: new StaticBackoff({ sleep: "1h" }),
    });
    await simulation.advance(616_000);
    expect(simulation.times).to.deep.equal([600_000]);
    expect(first?.runner.status()[0]).to.include({
      phase: "backoff",
      attempt: 1,
      lastError: "TimeoutError: A run of one took longer than 15s: let it watch context.signal, or raise its timeout",
    });
  });

  it("logs runs as missed that no replica has run", async () => {
    const { runner, lines } = simulation.replica({ repeat: "10s", job: () => {} });
    await simulation.advance(15_000);
    await runner.pause("one");
    await simulation.advance(30_000);
    runner.resume("one");
    await simulation.advance(1_000);
    expect(lines).to.deep.include(["missed 2 runs: no replica ran it", "one"]);
  });
});
