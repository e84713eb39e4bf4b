import { expect } from "chai";
import { DoNotRestart, StaticBackoff, StopAll, stopped, type WorkerContext, wait } from "watchbill";
import { Stage } from "./stage.fixture.js";

describe("A distributed worker whose process is told to stop", () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.restore());

  /** A run of 10 s that is cut short when it is told to. */
  const cutShort = ({ signal }: WorkerContext) => wait("10s", { signal });

  it("leaves a run that was cut short to another, which repeats it at once", async () => {
    const [, holder] = stage.replicas(2, { repeat: "1m", job: cutShort });
    await stage.advance(65_000);
    holder?.stop.abort();
    await stage.advance(60_000);
    expect(stage.times).to.deep.equal([60_000, 65_000, 120_000]);
    expect(holder?.run.outcome).to.equal("resolved");
  });

  it("has done a run that returns afterwards: it is not repeated", async () => {
    const [, holder] = stage.replicas(2, { repeat: "1m", job: () => wait("10s") });
    await stage.advance(65_000);
    holder?.stop.abort();
    await stage.advance(60_000);
    expect(stage.times).to.deep.equal([60_000, 120_000]);
    expect(holder?.run.outcome).to.equal("resolved");
  });

  it("has not done a run again that failed afterwards, though it has failed itself", async () => {
    const error = new Error("would not stop");
    let runs = 0;
    const job = async ({ signal }: WorkerContext) => {
      if (runs++ > 0) return;
      await stopped(signal);
      throw error;
    };
    const [, holder] = stage.replicas(2, { repeat: "1m", job });
    await stage.advance(65_000);
    holder?.stop.abort();
    await stage.advance(60_000);
    expect(stage.times).to.deep.equal([60_000, 120_000]);
    expect(holder?.run.outcome).to.have.deep.property("errors", [error]);
  });

  it("has one more run begun by nobody while it waits", async () => {
    const [first] = stage.replicas(2, { repeat: "1m", job: () => {} });
    await stage.advance(90_000);
    first?.stop.abort();
    await stage.advance(60_000);
    expect(stage.times).to.deep.equal([60_000, 120_000]);
    expect(stage.places[1]).to.equal("2");
  });

  it("keeps the attempt and the time that are left of a run whose attempt is cut short", async () => {
    let runs = 0;
    const job = async (context: WorkerContext) => {
      if (runs++ < 2) throw new Error("no");
      await cutShort(context);
    };
    const retryJob = new StaticBackoff({ sleep: "5s" });
    const [first] = stage.replicas(2, {
      repeat: "10m",
      timeout: "15s",
      retryJob,
      job,
      retry: new StaticBackoff({ sleep: "1h" }),
    });
    await stage.advance(612_000);
    expect(stage.places).to.deep.equal(["2", "1", "2"]);
    stage.processes[1]?.stop.abort();
    await stage.advance(4_000);
    expect(stage.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [600_000, 0],
      [605_000, 1],
      [610_000, 2],
      [612_000, 2],
    ]);
    // Fifteen seconds from the first attempt, wherever that was.
    expect(first?.runner.status()[0]?.lastError).to.equal(
      "TimeoutError: A run of one took longer than 15s: let it watch context.signal, or raise its timeout",
    );
  });

  it("is done for good in the whole fleet once it is in one process", async () => {
    const worker = async () => {
      await wait("5s");
      throw new DoNotRestart("all is migrated");
    };
    const processes = stage.replicas(3, { retry: new StaticBackoff({ sleep: 0 }), worker });
    await stage.advance(4_000);
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["pending", "pending", "pending"]);
    await stage.advance(120_000);
    expect(stage.times).to.deep.equal([0]);
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["resolved", "resolved", "resolved"]);
    expect(stage.fleet.record("one").isDone).to.equal(true);
  });

  it('is done for good in the whole fleet when it returns with restart "on-failure", and is retried elsewhere if it fails', async () => {
    let starts = 0;
    const worker = async () => {
      await wait("1s");
      if (++starts < 3) throw new Error("no");
    };
    const options = { restart: "on-failure", retry: new StaticBackoff({ sleep: "2s" }), worker } as const;
    const processes = stage.replicas(2, options);
    await stage.advance(60_000);
    expect(stage.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [0, 0],
      [3_000, 1],
      [6_000, 2],
    ]);
    expect(stage.places).to.deep.equal(["1", "2", "1"]);
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["resolved", "resolved"]);
  });

  it("is done for good in the whole fleet when its schedule has no further time", async () => {
    const last = Date.now() + 5_000;
    const schedule = { next: (after: Date) => (after.getTime() < last ? new Date(last) : null) };
    const processes = stage.replicas(2, { repeat: { schedule }, job: () => {} });
    await stage.advance(10_000);
    expect(stage.times).to.deep.equal([5_000]);
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["resolved", "resolved"]);
  });

  it("stops one roster by a StopAll, and the other goes on with it", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 2) throw new StopAll("a new version");
    };
    const [first, second] = stage.replicas(2, { repeat: "1s", job });
    await stage.advance(5_500);
    expect([first?.run.outcome, second?.run.outcome]).to.include("pending").and.to.include("resolved");
    expect(new Set(stage.places.slice(2)).size).to.equal(1);
    expect(stage.times.filter((at) => at > 2_000)).to.deep.equal([3_000, 4_000, 5_000]);
  });

  it("goes on elsewhere with its grid and from its next run when it has failed for want of a retry", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 2) throw new Error("no");
    };
    const [first, second] = stage.replicas(2, { repeat: "1s", job });
    await stage.advance(4_500);
    expect(stage.times).to.deep.equal([1_000, 2_000, 3_000, 4_000]);
    expect([first?.run.outcome, second?.run.outcome].filter((outcome) => outcome instanceof Error)).to.have.lengthOf(1);
  });

  it("is taken over once the lock of a process that died is over, with the run that it had begun", async () => {
    const options = { repeat: "1m", job: () => wait("10s") } as const;
    const [first, second] = stage.replicas(2, options);
    await stage.advance(65_000);
    const [holder, other] = stage.places[0] === "1" ? [first, second] : [second, first];
    holder?.engine.kill();
    stage.forgetRun();
    await stage.advance(175_500);
    // Begun at a minute, and again half a minute after the death; after that the grid is what it was.
    expect(stage.times).to.deep.equal([60_000, 95_000, 120_000, 180_000, 240_000]);
    expect(new Set(stage.runs.slice(1).map(({ where }) => where))).to.deep.equal(new Set([other?.engine.name]));
  });
});
