import { expect } from "chai";
import { DeclarativeWorker, StaticBackoff, stopped, type WorkerContext, wait } from "watchbill";
import { untilStopped, watch } from "../runner/commands.fixture.js";
import { epoch, Simulation } from "./simulation.fixture.js";

describe("A command for a distributed worker on one replica", () => {
  let simulation: Simulation;

  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(() => simulation.restore());

  const takesASecond = () => wait("1s");

  it("to trigger runs it on that replica, settles with the run, and does not move the timetable", async () => {
    const [first, second] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(70_000);
    const triggered = watch(second?.runner.trigger("one") ?? Promise.reject(new Error("no replica")));
    await simulation.advance(500);
    expect(triggered.outcome).to.equal("pending");
    await simulation.advance(1_000);
    expect(triggered.outcome).to.equal("resolved");
    const again = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("no replica")));
    await simulation.advance(60_000);
    expect(again.outcome).to.equal("resolved");
    expect(simulation.times).to.deep.equal([60_000, 70_000, 71_500, 120_000]);
    expect(simulation.places.slice(1, 3)).to.deep.equal(["2", "1"]);
  });

  it("to trigger waits for a run on another replica, and is the next run", async () => {
    const [first, second] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(60_500);
    expect(simulation.places).to.deep.equal(["2"]);
    const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("no replica")));
    await simulation.advance(1_000);
    expect(triggered.outcome).to.equal("pending");
    await simulation.advance(1_000);
    expect(triggered.outcome).to.equal("resolved");
    expect(simulation.times).to.deep.equal([60_000, 61_000]);
    expect(simulation.places).to.deep.equal(["2", "1"]);
    expect(second?.run.outcome).to.equal("pending");
  });

  it("to trigger ends a backoff on any replica, and rejects with the error of the run", async () => {
    const error = new Error("no");
    const job = () => {
      throw error;
    };
    const [first] = simulation.replicas(2, { repeat: "1m", retry: new StaticBackoff({ sleep: "1h" }), job });
    await simulation.advance(70_000);
    expect(first && simulation.row(first)).to.deep.include({ phase: "backoff" });
    const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("no replica")));
    await simulation.advance(1_000);
    expect(triggered.outcome).to.equal(error);
    expect(simulation.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [60_000, 0],
      [70_000, 1],
    ]);
  });

  it("to trigger settles with the run, also if its further attempts are on other replicas", async () => {
    let runs = 0;
    const job = () => {
      if (++runs < 3) throw new Error("no");
    };
    const [first] = simulation.replicas(4, { repeat: "1h", retryJob: new StaticBackoff({ sleep: "5s" }), job });
    await simulation.advance(1_000);
    const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("no replica")));
    await simulation.advance(6_000);
    expect(simulation.attempts).to.deep.equal([0, 1]);
    expect(triggered.outcome).to.equal("pending");
    await simulation.advance(6_000);
    expect(simulation.attempts).to.deep.equal([0, 1, 2]);
    expect(triggered.outcome).to.equal("resolved");
  });

  it("to trigger ends the backoff of a waiting attempt, and is the next run", async () => {
    const played = [];
    for (const isAlone of [true, false]) {
      const begun = Date.now() - epoch;
      let runs = 0;
      const job = () => {
        if (++runs === 1) throw new Error("no");
      };
      const options = { repeat: "1m", retryJob: new StaticBackoff({ sleep: "20s" }), job } as const;
      const [first] = isAlone ? [simulation.alone(options)] : simulation.replicas(2, options);
      await simulation.advance(70_000);
      const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("no replica")));
      await simulation.advance(60_000);
      await simulation.stop();
      played.push({
        outcome: triggered.outcome,
        runs: simulation.runs.splice(0).map(({ at, attempt }) => [at - begun, attempt]),
      });
    }
    expect(played[1]).to.deep.equal(played[0]);
    expect(played[0]?.outcome).to.equal("resolved");
  });

  it("to trigger rejects with the reason if the replica stops before the run", async () => {
    const [first] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(60_500);
    const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("no replica")));
    const reason = new Error("time to go");
    first?.stop.abort(reason);
    await simulation.advance(5_000);
    expect(triggered.outcome).to.equal(reason);
  });

  it("to pause leaves it to the other replicas", async () => {
    const [first, second] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(1_000);
    const paused = watch(first?.runner.pause("one") ?? Promise.reject(new Error("no replica")));
    await simulation.advance(302_000);
    expect(paused.outcome).to.equal("resolved");
    expect(simulation.places).to.deep.equal(["2", "2", "2", "2", "2"]);
    expect(first && simulation.row(first)).to.deep.include({ phase: "paused", nextDue: null });
    expect(second && simulation.row(second)).to.deep.include({ phase: "waiting" });
    first?.runner.resume("one");
    await simulation.advance(120_000);
    expect(simulation.places.slice(5)).to.deep.equal(["1", "2"]);
    expect(simulation.times.slice(5)).to.deep.equal([360_000, 420_000]);
  });

  it("to pause waits for a run on that replica", async () => {
    const [, second] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(60_500);
    const paused = watch(second?.runner.pause("one") ?? Promise.reject(new Error("no replica")));
    await simulation.advance(200);
    expect(paused.outcome).to.equal("pending");
    await simulation.advance(400);
    expect(paused.outcome).to.equal("resolved");
    await simulation.advance(120_000);
    expect(simulation.places).to.deep.equal(["2", "1", "1"]);
  });

  it("to pause leaves the further attempts of a run to the other replicas", async () => {
    const job = async ({ attempt }: WorkerContext) => {
      await wait("1s");
      if (attempt < 2) throw new Error("no");
    };
    const [, second] = simulation.replicas(2, { repeat: "1m", retryJob: new StaticBackoff({ sleep: "1s" }), job });
    await simulation.advance(60_500);
    const paused = watch(second?.runner.pause("one") ?? Promise.reject(new Error("no replica")));
    await simulation.advance(10_000);
    expect(paused.outcome).to.equal("resolved");
    expect(simulation.attempts).to.deep.equal([0, 1, 2]);
    expect(simulation.places).to.deep.equal(["2", "1", "1"]);
  });

  it("to pause stops a continuous worker, and another replica takes over immediately", async () => {
    const [first, second] = simulation.replicas(2, {
      retry: new StaticBackoff({ sleep: "1s" }),
      worker: ({ signal }) => stopped(signal),
    });
    await simulation.advance(10_000);
    expect(simulation.places).to.deep.equal(["1"]);
    await Promise.all([first?.runner.pause("one"), simulation.advance(10)]);
    await simulation.advance(10_000);
    expect(simulation.runs.map(({ at, where }) => [at, where])).to.deep.equal([
      [0, "replica-1"],
      [10_000, "replica-2"],
    ]);
    expect(first && simulation.row(first)).to.deep.include({ phase: "paused" });
    expect(second && simulation.row(second)).to.deep.include({ phase: "running" });
  });

  it("to pause, on all replicas, stops all runs; when it is resumed, missed runs are coalesced into one", async () => {
    const [first, second] = simulation.replicas(2, { repeat: "1m", job: () => {} });
    await simulation.advance(1_000);
    await Promise.all([first?.runner.pause("one"), second?.runner.pause("one"), simulation.advance(10)]);
    await simulation.advance(300_000);
    expect(simulation.times).to.deep.equal([]);
    second?.runner.resume("one");
    await simulation.advance(60_000);
    expect(simulation.times.length).to.be.within(1, 2);
    expect(simulation.times.at(-1)).to.equal(360_000);
    expect(new Set(simulation.places)).to.deep.equal(new Set(["2"]));
  });

  it("to restart lets it join again, with the same timetable", async () => {
    const [first, second] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(70_000);
    for (const process of [first, second]) {
      const restarted = watch(process?.runner.restart("one") ?? Promise.reject(new Error("no replica")));
      await simulation.advance(10);
      expect(restarted.outcome).to.equal("resolved");
    }
    await simulation.advance(180_000);
    expect(simulation.times).to.deep.equal([60_000, 120_000, 180_000, 240_000]);
    expect(new Set(simulation.places)).to.deep.equal(new Set(["1", "2"]));
  });

  it("to restart runs it again after it has completed", async () => {
    const process = simulation.replica({ restart: "never", worker: takesASecond });
    process.runner.add(new DeclarativeWorker({ name: "other", worker: untilStopped }));
    await simulation.advance(10_000);
    expect(simulation.row(process)).to.deep.include({ phase: "stopped" });
    const restarted = watch(process.runner.restart("one"));
    await simulation.advance(5_000);
    expect(restarted.outcome).to.equal("resolved");
    expect(simulation.times).to.deep.equal([0, 10_000]);
  });

  it("to remove leaves it to the other replicas", async () => {
    const [first] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(1_000);
    await Promise.all([first?.runner.remove("one"), simulation.advance(10)]);
    await simulation.advance(180_000);
    expect(simulation.places).to.deep.equal(["2", "2", "2"]);
    expect(first?.engine.participants.size).to.equal(0);
    expect(first?.run.outcome).to.equal("pending");
  });
});
