import { expect } from "chai";
import {
  DeclarativeWorker,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  type WorkerContext,
  WorkerNotRunningError,
  wait,
} from "watchbill";
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

  const rejected = Promise.reject.bind(Promise, new Error("no replica"));

  it("to pause applies to all replicas, also to one that starts later, until it is resumed on any of them", async () => {
    const [first, second] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(1_000);
    const paused = watch(first?.runner.pause("one", { by: "ops", reason: "migration" }) ?? rejected());
    await simulation.advance(100_000);
    const third = simulation.replica({ repeat: "1m", job: takesASecond });
    await simulation.advance(202_000);
    expect(paused.outcome).to.equal("resolved");
    expect(simulation.places).to.deep.equal([]);
    for (const process of [first, second, third]) {
      expect(process && simulation.row(process)).to.deep.include({ phase: "paused", nextDue: null });
      expect(process && simulation.row(process)?.pause).to.deep.equal({ since: epoch + 1_000, by: "ops", reason: "migration" });
    }
    expect(second?.lines).to.deep.include(["paused on another replica by ops: migration", "one"]);
    second?.runner.resume("one");
    await simulation.advance(120_000);
    // What was missed is one run.
    expect(simulation.times).to.deep.equal([303_000, 360_000, 420_000]);
    expect(first?.lines).to.deep.include(["resumed on another replica", "one"]);
    expect(first && simulation.row(first)).to.deep.include({ phase: "waiting", pause: null });
  });

  it("to pause waits for a run, on whatever replica", async () => {
    const replicas = simulation.replicas(3, { repeat: "1m", job: takesASecond });
    await simulation.advance(60_500);
    expect(simulation.places).to.deep.equal(["2"]);
    const paused = replicas.map(({ runner }) => watch(runner.pause("one")));
    const outcomes = (): unknown[] => paused.map(({ outcome }) => outcome);
    await simulation.advance(400);
    expect(outcomes()).to.deep.equal(["pending", "pending", "pending"]);
    await simulation.advance(200);
    expect(outcomes()).to.deep.equal(["resolved", "resolved", "resolved"]);
    await simulation.advance(120_000);
    expect(simulation.places).to.deep.equal(["2"]);
  });

  it("to pause settles with the pause that was begun last", async () => {
    const [first, second] = simulation.replicas(2, { repeat: "1m", job: () => wait("3s") });
    await simulation.advance(60_500);
    expect(simulation.places).to.deep.equal(["2"]);
    const paused = watch(first?.runner.pause("one") ?? rejected());
    await simulation.advance(100);
    first?.runner.resume("one");
    const again = watch(first?.runner.pause("one", { by: "ops" }) ?? rejected());
    await simulation.advance(2_000);
    expect(paused.outcome).to.be.an.instanceof(WorkerNotRunningError);
    expect(again.outcome).to.equal("pending");
    await simulation.advance(500);
    expect(again.outcome).to.equal("resolved");
    expect(second && simulation.row(second)?.pause?.by).to.equal("ops");
  });

  it("to pause rejects if a run on another replica does not end in time, and it is paused all the same", async () => {
    const settings = { shutdownTimeout: "5s" } as const;
    const job = () => wait("20s");
    const replicas = [1, 2].map(() => simulation.replica({ repeat: "1m", job }, settings));
    await simulation.advance(60_500);
    expect(simulation.places).to.deep.equal(["2"]);
    const paused = watch(replicas[0]?.runner.pause("one") ?? rejected());
    await simulation.advance(6_000);
    expect(paused.outcome)
      .to.be.an.instanceof(ShutdownTimeoutError)
      .with.deep.property("hung", [{ worker: "one", phase: "running", hungFor: 5_000 }]);
    await simulation.advance(120_000);
    expect(simulation.places).to.deep.equal(["2"]);
  });

  it("to pause holds the further attempts of a run, which any replica makes once it is resumed", async () => {
    const job = async ({ attempt }: WorkerContext) => {
      await wait("1s");
      if (attempt < 2) throw new Error("no");
    };
    const [first, second] = simulation.replicas(2, { repeat: "1m", retryJob: new StaticBackoff({ sleep: "1s" }), job });
    await simulation.advance(60_500);
    const paused = watch(second?.runner.pause("one") ?? rejected());
    await simulation.advance(10_000);
    expect(paused.outcome).to.equal("resolved");
    expect(simulation.attempts).to.deep.equal([0]);
    first?.runner.resume("one");
    await simulation.advance(10_000);
    expect(simulation.attempts).to.deep.equal([0, 1, 2]);
  });

  for (const where of ["it runs", "another replica runs it"]) {
    it(`to pause stops a continuous worker, given on the replica where ${where}, and resuming it starts it on any`, async () => {
      const replicas = simulation.replicas(2, {
        retry: new StaticBackoff({ sleep: "1s" }),
        worker: ({ signal }) => stopped(signal),
      });
      await simulation.advance(10_000);
      expect(simulation.places).to.deep.equal(["1"]);
      const [first, second] = where === "it runs" ? replicas : [...replicas].reverse();
      const paused = watch(first?.runner.pause("one") ?? rejected());
      await simulation.advance(10_000);
      expect(paused.outcome).to.equal("resolved");
      expect(simulation.places).to.deep.equal(["1"]);
      for (const process of replicas) expect(simulation.row(process)).to.deep.include({ phase: "paused" });
      second?.runner.resume("one");
      await simulation.advance(10_000);
      expect(simulation.times).to.deep.equal([0, 20_000]);
      expect(replicas.map((process) => simulation.row(process)?.phase)).to.deep.equal(["running", "running"]);
    });
  }

  it("to pause outlives all replicas, and to restart ends it", async () => {
    const before = simulation.replica({ repeat: "1m", job: () => {} });
    await simulation.advance(61_000);
    await Promise.all([before.runner.pause("one"), simulation.advance(10)]);
    before.stop.abort();
    await simulation.advance(120_000);
    const after = simulation.replica({ repeat: "1m", job: () => {} });
    await simulation.advance(120_000);
    expect(simulation.times).to.deep.equal([60_000]);
    expect(simulation.row(after)).to.deep.include({ phase: "paused" });
    await Promise.all([after.runner.restart("one"), simulation.advance(10)]);
    await simulation.advance(120_000);
    expect(simulation.times.length).to.be.within(3, 4);
    expect(simulation.fleet.record("one").holder).to.equal("replica-2");
  });

  it("to pause and resume a continuous worker works without an engine", async () => {
    const process = simulation.alone({ worker: ({ signal }) => stopped(signal), distributed: true });
    await simulation.advance(1_000);
    await Promise.all([process.runner.pause("one"), simulation.advance(10)]);
    await simulation.advance(1_000);
    expect(simulation.row(process)).to.deep.include({ phase: "paused" });
    process.runner.resume("one");
    await simulation.advance(1_000);
    expect(simulation.times).to.deep.equal([0, 2_010]);
    expect(simulation.row(process)).to.deep.include({ phase: "running" });
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

  it("to restart stops a continuous worker on another replica, which starts again on any", async () => {
    const stops: unknown[] = [];
    const worker = async ({ signal }: WorkerContext) => {
      await stopped(signal);
      stops.push([Date.now() - epoch, String(signal.reason)]);
      throw signal.reason;
    };
    const [, second] = simulation.replicas(2, { retry: new StaticBackoff({ sleep: "1h" }), worker });
    await simulation.advance(10_000);
    expect(simulation.places).to.deep.equal(["1"]);
    const restarted = watch(second?.runner.restart("one") ?? rejected());
    await simulation.advance(10_000);
    expect(restarted.outcome).to.equal("resolved");
    expect(stops).to.deep.equal([[10_000, "AbortError: one was restarted"]]);
    expect(simulation.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [0, 0],
      [10_000, 0],
    ]);
    const [first] = simulation.processes;
    expect(first?.lines).to.deep.include(["restarted on another replica", "one"]);
  });

  it("to restart a run on its own replica begins with the first attempt, on whatever replica", async () => {
    const job = async ({ attempt, signal }: WorkerContext) => {
      if (attempt === 0) throw new Error("no");
      await wait("10s", { signal });
    };
    const replicas = simulation.replicas(3, { repeat: "1m", retryJob: new StaticBackoff({ sleep: "1s" }), job });
    await simulation.advance(62_000);
    const { where, attempt } = simulation.runs.at(-1) ?? {};
    expect(attempt).to.equal(1);
    const before = simulation.runs.length;
    const holder = replicas.find(({ name }) => name === where);
    const restarted = watch(holder?.runner.restart("one") ?? rejected());
    await simulation.advance(500);
    expect(restarted.outcome).to.equal("resolved");
    expect(simulation.runs.slice(before).map((run) => run.attempt)).to.deep.equal([0]);
  });

  it("to pause rejects if its replica stops before the worker is known to be idle on all others", async () => {
    const [first] = simulation.replicas(2, { repeat: "1m", job: takesASecond });
    await simulation.advance(60_500);
    expect(simulation.places).to.deep.equal(["2"]);
    const paused = watch(first?.runner.pause("one") ?? rejected());
    first?.stop.abort();
    await simulation.advance(10);
    expect(String(paused.outcome)).to.equal(
      "WorkerNotRunningError: one cannot be paused: it left this replica before it was known to be idle on the others",
    );
  });

  it("to restart says if the run on another replica has not stopped after 30 s", async () => {
    const [first, second] = simulation.replicas(2, {
      repeat: "1m",
      job: () => wait("2m", { signal: new AbortController().signal }),
    });
    await simulation.advance(60_500);
    expect(simulation.places).to.deep.equal(["2"]);
    watch(first?.runner.restart("one") ?? rejected());
    await simulation.advance(31_000);
    expect(second?.lines).to.deep.include([
      "is to be restarted, but has not stopped within 30s: let it watch context.signal",
      "one",
    ]);
  });

  for (const [kind, timing] of [
    ["continuous worker", { retry: new StaticBackoff({ sleep: "1h" }) }],
    ["run", { repeat: "1m", retryJob: new StaticBackoff({ sleep: "1h" }) }],
  ] as const) {
    it(`to restart ends the backoff of a ${kind} that failed on another replica, and begins with the first attempt`, async () => {
      const fails = async () => {
        await wait("1s");
        throw new Error("no");
      };
      const code = kind === "run" ? { job: fails } : { worker: fails };
      const replicas = simulation.replicas(2, { ...timing, ...code });
      await simulation.advance(70_000);
      const where = simulation.places.at(-1);
      const begun = simulation.runs.length;
      const other = replicas.find(({ name }) => name !== `replica-${where}`);
      expect(other && simulation.row(other)).to.deep.include({ phase: "backoff", attempt: 1 });
      const restarted = watch(other?.runner.restart("one") ?? rejected());
      await simulation.advance(10_000);
      expect(restarted.outcome).to.equal("resolved");
      expect(simulation.runs.slice(begun).map(({ at, attempt }) => [at, attempt])).to.deep.equal([[70_000, 0]]);
      expect(other && simulation.row(other)).to.deep.include({ phase: "backoff", attempt: 1 });
    });
  }

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
