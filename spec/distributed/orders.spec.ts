import { expect } from "chai";
import { DeclarativeWorker, StaticBackoff, stopped, type WorkerContext, wait } from "watchbill";
import { untilStopped, watch } from "../runner/orders.fixture.js";
import { epoch, Stage } from "./stage.fixture.js";

describe("An order to a distributed worker of one process", () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.restore());

  const takesASecond = () => wait("1s");

  it("to run now is served there, settles with that run, and leaves the grid where it is", async () => {
    const [first, second] = stage.replicas(2, { repeat: "1m", job: takesASecond });
    await stage.advance(70_000);
    const triggered = watch(second?.runner.trigger("one") ?? Promise.reject(new Error("nobody")));
    await stage.advance(500);
    expect(triggered.outcome).to.equal("pending");
    await stage.advance(1_000);
    expect(triggered.outcome).to.equal("resolved");
    const again = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("nobody")));
    await stage.advance(60_000);
    expect(again.outcome).to.equal("resolved");
    expect(stage.times).to.deep.equal([60_000, 70_000, 71_500, 120_000]);
    expect(stage.places.slice(1, 3)).to.deep.equal(["2", "1"]);
  });

  it("to run now waits for a run that is under way elsewhere, and is the next", async () => {
    const [first, second] = stage.replicas(2, { repeat: "1m", job: takesASecond });
    await stage.advance(60_500);
    expect(stage.places).to.deep.equal(["2"]);
    const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("nobody")));
    await stage.advance(1_000);
    expect(triggered.outcome).to.equal("pending");
    await stage.advance(1_000);
    expect(triggered.outcome).to.equal("resolved");
    expect(stage.times).to.deep.equal([60_000, 61_000]);
    expect(stage.places).to.deep.equal(["2", "1"]);
    expect(second?.run.outcome).to.equal("pending");
  });

  it("to run now cuts a backoff short, wherever it was begun, and rejects with the error of the run", async () => {
    const error = new Error("no");
    const job = () => {
      throw error;
    };
    const [first] = stage.replicas(2, { repeat: "1m", retry: new StaticBackoff({ sleep: "1h" }), job });
    await stage.advance(70_000);
    expect(first && stage.row(first)).to.deep.include({ phase: "backoff" });
    const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("nobody")));
    await stage.advance(1_000);
    expect(triggered.outcome).to.equal(error);
    expect(stage.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [60_000, 0],
      [70_000, 1],
    ]);
  });

  it("to run now settles with that run, also if its further attempts are elsewhere", async () => {
    let runs = 0;
    const job = () => {
      if (++runs < 3) throw new Error("no");
    };
    const [first] = stage.replicas(4, { repeat: "1h", retryJob: new StaticBackoff({ sleep: "5s" }), job });
    await stage.advance(1_000);
    const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("nobody")));
    await stage.advance(6_000);
    expect(stage.attempts).to.deep.equal([0, 1]);
    expect(triggered.outcome).to.equal("pending");
    await stage.advance(6_000);
    expect(stage.attempts).to.deep.equal([0, 1, 2]);
    expect(triggered.outcome).to.equal("resolved");
  });

  it("to run now lets a run that waits for its next attempt not wait, and is the next after that", async () => {
    const played = [];
    for (const isAlone of [true, false]) {
      const begun = Date.now() - epoch;
      let runs = 0;
      const job = () => {
        if (++runs === 1) throw new Error("no");
      };
      const options = { repeat: "1m", retryJob: new StaticBackoff({ sleep: "20s" }), job } as const;
      const [first] = isAlone ? [stage.alone(options)] : stage.replicas(2, options);
      await stage.advance(70_000);
      const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("nobody")));
      await stage.advance(60_000);
      await stage.stop();
      played.push({ outcome: triggered.outcome, runs: stage.runs.splice(0).map(({ at, attempt }) => [at - begun, attempt]) });
    }
    expect(played[1]).to.deep.equal(played[0]);
    expect(played[0]?.outcome).to.equal("resolved");
  });

  it("to run now is rejected with the reason when it is told to stop before that", async () => {
    const [first] = stage.replicas(2, { repeat: "1m", job: takesASecond });
    await stage.advance(60_500);
    const triggered = watch(first?.runner.trigger("one") ?? Promise.reject(new Error("nobody")));
    const reason = new Error("time to go");
    first?.stop.abort(reason);
    await stage.advance(5_000);
    expect(triggered.outcome).to.equal(reason);
  });

  it("to pause leaves the others to it", async () => {
    const [first, second] = stage.replicas(2, { repeat: "1m", job: takesASecond });
    await stage.advance(1_000);
    const paused = watch(first?.runner.pause("one") ?? Promise.reject(new Error("nobody")));
    await stage.advance(302_000);
    expect(paused.outcome).to.equal("resolved");
    expect(stage.places).to.deep.equal(["2", "2", "2", "2", "2"]);
    expect(first && stage.row(first)).to.deep.include({ phase: "paused", nextDue: null });
    expect(second && stage.row(second)).to.deep.include({ phase: "waiting" });
    first?.runner.resume("one");
    await stage.advance(120_000);
    expect(stage.places.slice(5)).to.deep.equal(["1", "2"]);
    expect(stage.times.slice(5)).to.deep.equal([360_000, 420_000]);
  });

  it("to pause waits for the run that is under way there", async () => {
    const [, second] = stage.replicas(2, { repeat: "1m", job: takesASecond });
    await stage.advance(60_500);
    const paused = watch(second?.runner.pause("one") ?? Promise.reject(new Error("nobody")));
    await stage.advance(200);
    expect(paused.outcome).to.equal("pending");
    await stage.advance(400);
    expect(paused.outcome).to.equal("resolved");
    await stage.advance(120_000);
    expect(stage.places).to.deep.equal(["2", "1", "1"]);
  });

  it("to pause hands the further attempts of a run to the others", async () => {
    const job = async ({ attempt }: WorkerContext) => {
      await wait("1s");
      if (attempt < 2) throw new Error("no");
    };
    const [, second] = stage.replicas(2, { repeat: "1m", retryJob: new StaticBackoff({ sleep: "1s" }), job });
    await stage.advance(60_500);
    const paused = watch(second?.runner.pause("one") ?? Promise.reject(new Error("nobody")));
    await stage.advance(10_000);
    expect(paused.outcome).to.equal("resolved");
    expect(stage.attempts).to.deep.equal([0, 1, 2]);
    expect(stage.places).to.deep.equal(["2", "1", "1"]);
  });

  it("to pause stops a continuous worker there, and another takes over at once", async () => {
    const [first, second] = stage.replicas(2, {
      retry: new StaticBackoff({ sleep: "1s" }),
      worker: ({ signal }) => stopped(signal),
    });
    await stage.advance(10_000);
    expect(stage.places).to.deep.equal(["1"]);
    await Promise.all([first?.runner.pause("one"), stage.advance(10)]);
    await stage.advance(10_000);
    expect(stage.runs.map(({ at, where }) => [at, where])).to.deep.equal([
      [0, "replica-1"],
      [10_000, "replica-2"],
    ]);
    expect(first && stage.row(first)).to.deep.include({ phase: "paused" });
    expect(second && stage.row(second)).to.deep.include({ phase: "running" });
  });

  it("to pause it everywhere keeps it from running, and the missed runs are one once it is resumed", async () => {
    const [first, second] = stage.replicas(2, { repeat: "1m", job: () => {} });
    await stage.advance(1_000);
    await Promise.all([first?.runner.pause("one"), second?.runner.pause("one"), stage.advance(10)]);
    await stage.advance(300_000);
    expect(stage.times).to.deep.equal([]);
    second?.runner.resume("one");
    await stage.advance(60_000);
    expect(stage.times.length).to.be.within(1, 2);
    expect(stage.times.at(-1)).to.equal(360_000);
    expect(new Set(stage.places)).to.deep.equal(new Set(["2"]));
  });

  it("to restart has it back in the fleet, which keeps its grid", async () => {
    const [first, second] = stage.replicas(2, { repeat: "1m", job: takesASecond });
    await stage.advance(70_000);
    for (const process of [first, second]) {
      const restarted = watch(process?.runner.restart("one") ?? Promise.reject(new Error("nobody")));
      await stage.advance(10);
      expect(restarted.outcome).to.equal("resolved");
    }
    await stage.advance(180_000);
    expect(stage.times).to.deep.equal([60_000, 120_000, 180_000, 240_000]);
    expect(new Set(stage.places)).to.deep.equal(new Set(["1", "2"]));
  });

  it("to restart has it run again once it was done for good", async () => {
    const process = stage.replica({ restart: "never", worker: takesASecond });
    process.runner.add(new DeclarativeWorker({ name: "other", worker: untilStopped }));
    await stage.advance(10_000);
    expect(stage.row(process)).to.deep.include({ phase: "stopped" });
    const restarted = watch(process.runner.restart("one"));
    await stage.advance(5_000);
    expect(restarted.outcome).to.equal("resolved");
    expect(stage.times).to.deep.equal([0, 10_000]);
  });

  it("to remove it leaves it to the others", async () => {
    const [first] = stage.replicas(2, { repeat: "1m", job: takesASecond });
    await stage.advance(1_000);
    await Promise.all([first?.runner.remove("one"), stage.advance(10)]);
    await stage.advance(180_000);
    expect(stage.places).to.deep.equal(["2", "2", "2"]);
    expect(first?.engine.seats.size).to.equal(0);
    expect(first?.run.outcome).to.equal("pending");
  });
});
