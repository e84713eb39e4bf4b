import { expect } from "chai";
import sinon from "sinon";
import {
  type Checkpoint,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  type Engine,
  observe,
  type Participant,
  type Registration,
  StaticBackoff,
  type WorkerContext,
  WorkerNotRunningError,
  wait,
} from "watchbill";
import { formatHolder, parseHolder, thisProcess } from "../../lib/distributed/holder.js";
import { MemoryLease } from "../../lib/testing/memory-lease.js";
import { recorder, start, untilStopped, watch } from "../runner/commands.fixture.js";

const epoch = Date.UTC(2026, 10, 24);

/** An engine that does nothing by itself: the spec leases the worker. */
class ManualEngine implements Engine {
  readonly participants: Participant[] = [];
  readonly calls: string[] = [];
  onJoin: (participant: Participant) => void = () => {};
  /** Resolve what `whenIdle` has returned, if there is such a method. */
  idle: (() => void)[] | undefined;

  join(participant: Participant): Registration {
    this.participants.push(participant);
    this.onJoin(participant);
    return {
      requestRun: () => void this.calls.push("requestRun"),
      whenIdle: () => (this.idle === undefined ? undefined : new Promise((resolve) => this.idle?.push(resolve))),
      leave: () => void this.calls.push("leave"),
      release: () => void this.calls.push("release"),
    };
  }

  get participant(): Participant {
    const participant = this.participants.at(-1);
    if (participant === undefined) throw new Error("nothing has joined");
    return participant;
  }
}

describe("A participant", () => {
  let clock: sinon.SinonFakeTimers;
  let engine: ManualEngine;
  let lines: unknown[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: epoch, toNotFake: ["nextTick", "queueMicrotask"] });
    engine = new ManualEngine();
  });

  afterEach(() => clock.restore());

  function join(options: DeclarativeWorkerOptions) {
    const recorded = recorder();
    ({ lines } = recorded);
    const one = new DeclarativeWorker({ name: "one", distributed: true, ...options });
    return start([one], { engine, logger: recorded.logger });
  }

  const lease = (snapshot: unknown = {}, due = Date.now()): MemoryLease =>
    new MemoryLease("one", snapshot, undefined, due, () => Date.now());

  const takesASecond = { repeat: "1m", job: () => wait("1s") } as const;

  /** Runs the worker once, and returns the checkpoint. */
  async function runOnce(given = lease(), ms = 1_000): Promise<Checkpoint> {
    const running = engine.participant.run(given);
    await clock.tickAsync(ms);
    return running;
  }

  /** Runs the worker twice: the first leased run only computes when it is due. */
  async function runToEnd(): Promise<Checkpoint> {
    const { snapshot, due } = await runOnce(lease(), 0);
    await clock.tickAsync("01:00");
    return runOnce(lease(snapshot, due ?? 0));
  }

  it("can be leased while it neither runs, is paused nor stops", async () => {
    const { runner } = join(takesASecond);
    const { participant } = engine;
    expect([participant.isOpen, participant.isStopping]).to.deep.equal([true, false]);
    const { snapshot, due } = await runOnce(lease(), 0);
    await clock.tickAsync("01:00");
    const running = participant.run(lease(snapshot, due ?? 0));
    expect([participant.isOpen, participant.isStopping]).to.deep.equal([false, false]);
    await clock.tickAsync(1_000);
    await running;
    expect(participant.isOpen).to.equal(true);
    await runner.pause("one");
    expect([participant.isOpen, participant.isStopping]).to.deep.equal([false, false]);
    runner.resume("one");
    expect(participant.isOpen).to.equal(true);
    void runner.stop();
    await clock.tickAsync(1);
    expect([participant.isOpen, participant.isStopping]).to.deep.equal([false, true]);
    expect(engine.calls).to.deep.equal(["leave"]);
  });

  it("settles a pause when the engine says so of that pause, and not of an earlier one that was resumed", async () => {
    engine.idle = [];
    const { runner } = join(takesASecond);
    const first = watch(runner.pause("one"));
    runner.resume("one");
    const second = watch(runner.pause("one"));
    await clock.tickAsync(1);
    expect(first.outcome).to.be.an.instanceof(WorkerNotRunningError);
    expect(engine.idle).to.have.length(1);
    engine.idle[0]?.();
    await clock.tickAsync(1);
    expect(second.outcome).to.equal("pending");
    engine.idle[1]?.();
    await clock.tickAsync(1);
    expect(second.outcome).to.equal("resolved");
  });

  it("hands back a lease unchanged that it cannot use, and does not run twice at a time", async () => {
    let runs = 0;
    const job = async () => {
      runs++;
      await wait("1s");
    };
    const { runner } = join({ repeat: { interval: "1m", startImmediately: true }, job });
    const running = engine.participant.run(lease());
    await clock.tickAsync(500);
    const status = engine.participant.status;
    const second = new MemoryLease("one", { odd: [{ of: "another" }] }, status, 5, () => Date.now());
    expect(await engine.participant.run(second)).to.deep.equal({
      due: 5,
      snapshot: { odd: [{ of: "another" }] },
      status,
      phase: "waiting",
    });
    await clock.tickAsync(500);
    await running;
    expect(runs).to.equal(1);
    void runner.stop();
  });

  it("has a status that shows what runs", async () => {
    const { runner } = join({ repeat: { interval: "1m", startImmediately: true }, job: () => wait("1s") });
    const running = engine.participant.run(lease());
    await clock.tickAsync(500);
    expect(engine.participant.status).to.include({ name: "one", runs: 1, lastStart: epoch, lastDuration: null });
    await clock.tickAsync(500);
    const { status, phase, due } = await running;
    expect(status).to.include({ runs: 1, lastDuration: 1_000 });
    expect([phase, due]).to.deep.equal(["waiting", epoch + 60_000]);
    void runner.stop();
  });

  it("ignores what happens elsewhere while it runs here, and after it has left", async () => {
    const { runner } = join({ repeat: { interval: "1m", startImmediately: true }, job: () => wait("1s") });
    const { participant } = engine;
    const elsewhere = { holder: { host: "far", pid: 5 }, nextDue: epoch + 7_000, snapshot: {}, phase: "waiting" } as const;
    participant.update({ ...elsewhere, status: undefined, isCompleted: false });
    expect(runner.status()[0]).to.include({ phase: "waiting", nextDue: epoch + 7_000 });
    expect(runner.status()[0]?.holder).to.deep.equal({ host: "far", pid: 5 });
    const running = participant.run(lease());
    await clock.tickAsync(500);
    participant.update({ ...elsewhere, status: undefined, isCompleted: true });
    await clock.tickAsync(500);
    expect((await running).due).to.equal(epoch + 60_000);
    expect(runner.status()[0]?.holder).to.deep.equal(thisProcess);
    void runner.stop();
    await clock.tickAsync(1);
    participant.update({ ...elsewhere, status: undefined, isCompleted: true });
    await clock.tickAsync(1);
    expect(engine.calls).to.deep.equal(["leave"]);
  });

  it("has no next run while it runs elsewhere", () => {
    const { runner } = join(takesASecond);
    const running = { holder: null, nextDue: epoch + 7_000, snapshot: {}, phase: "running", status: undefined } as const;
    engine.participant.update({ ...running, isCompleted: false });
    expect(runner.status()[0]).to.include({ phase: "running", nextDue: null });
    void runner.stop();
  });

  it("is due at once if its snapshot does not tell when it is due, or is that of another kind of worker", async () => {
    const { runner } = join(takesASecond);
    const { snapshot, due } = await runOnce(lease(), 0);
    const later = epoch + 3_600_000;
    const latestDue = (stored: unknown): number => engine.participant.latestDue({ due: later, snapshot: stored }, Date.now());
    expect(latestDue(snapshot)).to.equal(due);
    expect([latestDue({}), latestDue({ repeat: [{}] })]).to.deep.equal([epoch, epoch]);
    expect(engine.participant.latestDue({ due: epoch - 5, snapshot: {} }, Date.now())).to.equal(epoch - 5);
    void runner.stop();
    await clock.tickAsync(1);
    const continuous = join({ worker: untilStopped });
    expect(latestDue(snapshot)).to.equal(epoch + 1);
    void continuous.runner.stop();
  });

  it("keeps the time of a backoff unless that is declared otherwise, and then the earlier time", async () => {
    const retry = new StaticBackoff({ sleep: "1m" });
    const fails = (): never => {
      throw new Error("no luck");
    };
    const { runner } = join({ repeat: { interval: "1h", startImmediately: true }, job: fails, retry });
    const { snapshot, due } = await runOnce(lease(), 0);
    expect(due).to.equal(epoch + 60_000);
    void runner.stop();
    await clock.tickAsync(10_000);
    const dueUnder = async (policy: DeclarativeWorkerOptions["retry"]): Promise<number> => {
      const changed = join({ repeat: "1h", job: fails, retry: policy });
      const latest = engine.participant.latestDue({ due: due ?? 0, snapshot }, Date.now());
      void changed.runner.stop();
      await clock.tickAsync(1);
      return latest - epoch;
    };
    expect(await dueUnder(retry)).to.equal(60_000);
    expect(await dueUnder(new StaticBackoff({ sleep: "20s" }))).to.equal(20_000);
    expect(await dueUnder(new StaticBackoff({ sleep: "2h" }))).to.equal(60_000);
    expect(await dueUnder({ duration: fails })).to.equal(10_003);
    expect(await dueUnder({ duration: () => Number.NaN })).to.equal(10_004);
    expect(await dueUnder(undefined)).to.equal(10_005);
  });

  it("says when a continuous worker runs here, and not that each run of a job does", async () => {
    const continuous = join({ worker: untilStopped });
    void engine.participant.run(lease());
    expect(lines).to.deep.equal([
      ["started 1 worker", undefined],
      ["now runs on this replica", "one"],
    ]);
    void continuous.runner.stop();
    await clock.tickAsync(1);
    const { runner } = join(takesASecond);
    await runToEnd();
    expect(lines).to.deep.equal([["started 1 worker", undefined]]);
    void runner.stop();
  });

  it("is due at once if its run fails", async () => {
    const { run } = join({ repeat: { interval: "1m", startImmediately: true }, job: () => Promise.reject(new Error("no luck")) });
    const { due, phase } = await runOnce(lease(), 10);
    expect([due, phase]).to.deep.equal([epoch, "waiting"]);
    expect(run.outcome).to.be.an("error").with.property("message").that.includes("no luck");
  });

  it("waits for another replica also in a backoff, with the phase that it waits in", async () => {
    const retryJob = new StaticBackoff({ sleep: "5s" });
    const job = () => Promise.reject(new Error("no luck"));
    const { runner } = join({ repeat: { interval: "1m", startImmediately: true }, retryJob, job });
    const { due, phase } = await runOnce(lease(), 10);
    expect([due, phase]).to.deep.equal([epoch + 5_000, "backoff"]);
    void runner.stop();
  });

  it("continues the attempts of another replica, and stores what failed last", async () => {
    const retryJob = new StaticBackoff({ sleep: "5s" });
    const attempts: number[] = [];
    let seen: unknown;
    const { runner } = join({
      repeat: { interval: "1m", startImmediately: true },
      retryJob,
      job: ({ attempt }) => {
        attempts.push(attempt);
        seen = runner.status()[0]?.lastError;
        return Promise.reject(new Error("no luck"));
      },
    });
    const { snapshot, due } = await runOnce(lease(), 0);
    expect(snapshot).to.have.deep.property("retryJob", [{ failures: 1, lastFailure: "Error: no luck", isWaiting: true }]);
    const elsewhere = { ...(snapshot as object), retryJob: [{ failures: 3, lastFailure: "Error: elsewhere", isWaiting: true }] };
    await clock.tickAsync(5_000);
    const next = await runOnce(lease(elsewhere, due ?? 0), 0);
    expect([attempts, seen]).to.deep.equal([[0, 3], "Error: elsewhere"]);
    expect(next.snapshot).to.have.deep.property("retryJob", [{ failures: 4, lastFailure: "Error: no luck", isWaiting: true }]);
    void runner.stop();
  });

  it("does not continue attempts that were saved before a restart, unless that seems to be in the future", async () => {
    const attempts: number[] = [];
    const job = (context: WorkerContext): void => {
      attempts.push(context.attempt);
      throw new Error("no");
    };
    join({ repeat: "1m", retryJob: new StaticBackoff({ sleep: "1s" }), job });
    const { snapshot, due } = await runOnce(lease(), 0);
    await clock.tickAsync("01:00");
    const failed = await runOnce(lease(snapshot, due ?? 0));
    await clock.tickAsync(1_000);
    engine.participant.adoptRestart(Date.now() + 3_600_000);
    await runOnce(lease(failed.snapshot, failed.due ?? 0));
    engine.participant.adoptRestart(Date.now());
    await runOnce(lease(failed.snapshot, failed.due ?? 0));
    expect(attempts).to.deep.equal([0, 1, 0]);
  });

  it("shows the attempts and the last failure of another replica, unless they are malformed", () => {
    const { runner } = join({ repeat: "1m", retryJob: new StaticBackoff({ sleep: "5s" }), job: () => {} });
    const shown = (entry: object): unknown[] => {
      const snapshot = { retryJob: [entry] };
      const state = { holder: null, nextDue: epoch, phase: "backoff", status: undefined, isCompleted: false } as const;
      engine.participant.update({ ...state, snapshot });
      const [status] = runner.status();
      return [status?.attempt, status?.lastError];
    };
    expect(shown({ failures: 0, lastFailure: "Error: old" })).to.deep.equal([0, null]);
    expect(shown({ failures: 1.5, lastFailure: "Error: odd" })).to.deep.equal([0, null]);
    expect(shown({ failures: -1, lastFailure: "Error: odd" })).to.deep.equal([0, null]);
    expect(shown({ failures: 2, lastFailure: 5 })).to.deep.equal([2, null]);
    expect(shown({ failures: 2, lastFailure: "Error: no luck" })).to.deep.equal([2, "Error: no luck"]);
    void runner.stop();
  });

  it("is due at once if its timetable is malformed", () => {
    const { runner } = join(takesASecond);
    const grid = { start: epoch, slot: 0, interval: 60_000 };
    const stored = (change: object) => ({ due: 8e15, snapshot: { repeat: [{ ...grid, ...change }], declaration: [declared] } });
    const declared = { timing: "every 1m", at: epoch };
    const latestDue = (change: object) => engine.participant.latestDue(stored(change), epoch);
    expect(latestDue({})).to.equal(epoch + 60_000);
    expect(latestDue({ slot: 2 })).to.equal(epoch + 180_000);
    expect(latestDue({ slot: -1 })).to.equal(epoch);
    expect(latestDue({ slot: -1, interval: 1 })).to.equal(epoch);
    expect(latestDue({ slot: 2, interval: 1_000 })).to.equal(epoch + 2_000 + 60_000);
    const odd = [{ start: "x" }, { slot: null }, { interval: undefined }, { slot: 0.5 }, { slot: -2 }, { interval: 0.5 }];
    const huge = [{ start: 8.65e15 }, { start: -8.65e15 }, { slot: 2 ** 50 }];
    expect([...odd, ...huge].map(latestDue)).to.deep.equal(Array(9).fill(epoch));
    void runner.stop();
  });

  it("has the stored due time while its schedule fails, and fails with that error when it is leased", async () => {
    let isBroken = false;
    const next = (after: Date) => {
      if (isBroken) throw new Error("calendar unreachable");
      return new Date(after.getTime() + 60_000);
    };
    const { run } = join({ repeat: { schedule: { next }, jitter: "5s" }, job: () => {} });
    const snapshot = { repeat: [{ after: epoch }] };
    const latestDue = (): number => engine.participant.latestDue({ due: epoch + 3_600_000, snapshot }, epoch);
    expect(latestDue()).to.equal(epoch + 65_000);
    isBroken = true;
    expect(latestDue()).to.equal(epoch + 3_600_000);
    void engine.participant.run(lease(snapshot, epoch + 60_000));
    await clock.tickAsync(1);
    expect(run.outcome).to.have.nested.property("errors[0].name", "ScheduleError");
  });

  it("waits here in the backoff of a run that a command has requested here", async () => {
    let runs = 0;
    const job = () => (++runs === 1 ? Promise.reject(new Error("no luck")) : undefined);
    const { runner } = join({ repeat: "1h", retryJob: new StaticBackoff({ sleep: "2m" }), job });
    const { snapshot, due } = await runOnce(lease(), 0);
    const triggered = watch(runner.trigger("one"));
    const leased = watch(engine.participant.run(lease(snapshot, due ?? 0)));
    await clock.tickAsync(119_999);
    expect([runs, triggered.outcome, leased.outcome]).to.deep.equal([1, "pending", "pending"]);
    await clock.tickAsync(1);
    expect([runs, triggered.outcome, leased.outcome]).to.deep.equal([2, "resolved", "resolved"]);
    void runner.stop();
  });

  it("waits out here what is leased up to a minute early, and hands back what is leased earlier", async () => {
    let runs = 0;
    const { runner } = join({ repeat: "1h", job: () => void runs++ });
    const { snapshot, due } = await runOnce(lease(), 0);
    expect(due).to.equal(epoch + 3_600_000);
    await clock.tickAsync(3_600_000 - 60_001);
    const early = await runOnce(lease(snapshot, due ?? 0), 0);
    expect([early.due, runs]).to.deep.equal([due, 0]);
    await clock.tickAsync(1);
    const running = engine.participant.run(lease(snapshot, due ?? 0));
    await clock.tickAsync(59_999);
    expect(runs).to.equal(0);
    await clock.tickAsync(1);
    expect([(await running).due, runs]).to.deep.equal([epoch + 7_200_000, 1]);
    void runner.stop();
  });

  it("is not waited out here after a pause, though it is due soon", async () => {
    const { runner } = join({ repeat: "1h", job: () => {} });
    const { snapshot, due } = await runOnce(lease(), 0);
    await clock.tickAsync(3_600_000 - 30_000);
    const leased = watch(engine.participant.run(lease(snapshot, due ?? 0)));
    await clock.tickAsync(1_000);
    expect(leased.outcome).to.equal("pending");
    const paused = watch(runner.pause("one"));
    await clock.tickAsync(0);
    expect([leased.outcome, paused.outcome]).to.deep.equal(["resolved", "resolved"]);
    void runner.stop();
  });

  it("leaves the next run to other replicas after one that a command has requested here", async () => {
    const { runner } = join({ repeat: "1h", job: () => {} });
    const { snapshot, due } = await runOnce(lease(), 0);
    const triggered = watch(runner.trigger("one"));
    const leased = watch(engine.participant.run(lease(snapshot, due ?? 0)));
    await clock.tickAsync(1);
    expect([triggered.outcome, leased.outcome]).to.deep.equal(["resolved", "resolved"]);
    void runner.stop();
  });

  it("leaves the runner when it completes elsewhere, and the other workers go on", async () => {
    const exits: unknown[] = [];
    const unsubscribe = observe("watchbill:exit", ({ worker, outcome }) => exits.push([worker, outcome]));
    const one = new DeclarativeWorker({ name: "one", distributed: true, ...takesASecond });
    const other = new DeclarativeWorker({ name: "other", worker: untilStopped });
    const { runner } = start([one, other], { engine });
    const elsewhere = { holder: null, nextDue: null, snapshot: {}, phase: "waiting", status: undefined } as const;
    engine.participant.update({ ...elsewhere, isCompleted: true });
    await clock.tickAsync(1);
    expect(exits).to.deep.equal([["one", "completed"]]);
    expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["stopped", "running"]);
    unsubscribe();
    await runner.stop();
  });

  it("does not begin under a lease that was lost before it could", async () => {
    let runs = 0;
    const { runner } = join({ repeat: { interval: "1m", startImmediately: true }, job: () => void runs++ });
    const lost = lease({ repeat: [{ odd: 1 }] });
    lost.lose();
    const { snapshot } = await runOnce(lost, 10);
    expect([snapshot, runs]).to.deep.equal([{ repeat: [{ odd: 1 }] }, 0]);
    expect(engine.participant.isOpen).to.equal(true);
    void runner.stop();
  });

  it("requests a run for a trigger while it waits, and not while it runs", async () => {
    const { runner } = join({ repeat: { interval: "1m", startImmediately: true }, job: () => wait("1s") });
    const running = engine.participant.run(lease());
    await clock.tickAsync(500);
    void runner.trigger("one");
    await clock.tickAsync(2_000);
    const { snapshot, due } = await running;
    expect(engine.calls).to.deep.equal([]);
    void runner.trigger("one");
    expect(engine.calls).to.deep.equal(["requestRun"]);
    await runOnce(lease(snapshot, due ?? 0), 2_000);
    void runner.stop();
    await clock.tickAsync(1);
  });

  it("does not begin what an engine has leased while it joined if joining fails, nor anything later", async () => {
    const failure = new Error("no connection");
    let runs = 0;
    const leasedRuns: Promise<Checkpoint>[] = [];
    engine.onJoin = (participant) => {
      leasedRuns.push(participant.run(lease({ odd: [{ of: "another" }] })));
      throw failure;
    };
    const { run } = join({ worker: () => void runs++ });
    await clock.tickAsync(10);
    expect(run.outcome).to.be.an("error").with.property("cause", failure);
    expect([engine.participant.isOpen, engine.participant.isStopping]).to.deep.equal([false, true]);
    leasedRuns.push(engine.participant.run(lease({ odd: [{ of: "another" }] })));
    const checkpoints = await Promise.all(leasedRuns);
    expect(checkpoints.map(({ snapshot }) => snapshot)).to.deep.equal(Array(2).fill({ odd: [{ of: "another" }] }));
    expect(runs).to.equal(0);
  });

  it("does not accept a registration that lacks a method", async () => {
    for (const missing of ["requestRun", "leave", "release"] as const) {
      const registration = { requestRun() {}, leave() {}, release() {}, [missing]: undefined };
      engine.join = () => registration as never;
      const { run } = join({ worker: untilStopped });
      await clock.tickAsync(1);
      expect(run.outcome, missing)
        .to.be.an("error")
        .with.property("message")
        .that.includes("return an object with requestRun, leave and release from join");
    }
  });
});

describe("A process as text", () => {
  it("is its host and its pid, and can be read again", () => {
    expect(formatHolder({ host: "web/1", pid: 15 })).to.equal("web/1/15");
    expect(parseHolder(formatHolder({ host: "web/1", pid: 15 }))).to.deep.equal({ host: "web/1", pid: 15 });
    expect(["", "web", "web/", "/15", "web/15x", "web/x15", undefined].map(parseHolder)).to.deep.equal(Array(7).fill(null));
  });
});
