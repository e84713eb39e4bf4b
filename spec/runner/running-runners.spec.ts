import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker, type Runner, runningRunners, stopped, type WorkerContext } from "watchbill";
import { removeRunning } from "../../lib/runner/running-runners.js";
import { silent } from "./commands.fixture.js";

describe("The runners that run", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    // Those that other specs have left, whose time stands still.
    for (const runner of runningRunners()) removeRunning(runner);
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => {
    clock.restore();
    expect(runningRunners()).to.deep.equal([]);
  });

  function runnerOf(...workers: object[]): Runner {
    return bootstrap(workers, { logger: silent, signals: [], shutdownTimeout: "1s" });
  }

  const idle = (name: string): DeclarativeWorker =>
    new DeclarativeWorker({ name, worker: ({ signal }: WorkerContext) => stopped(signal) });

  it("are those between run and the exit of the last worker, with those within them", async () => {
    const inner = runnerOf(idle("a"));
    const outer = runnerOf(new DeclarativeWorker({ name: "inner", worker: inner }), idle("b"));
    const other = runnerOf(idle("c"));
    expect(runningRunners()).to.deep.equal([]);
    const runs = [outer.run(), other.run()];
    expect(runningRunners()).to.have.members([outer, inner, other]);
    await other.stop();
    expect(runningRunners()).to.have.members([outer, inner]);
    await outer.stop();
    await Promise.all(runs);
  });

  it("are without a runner whose workers fail, or do not stop in time", async () => {
    const failing = runnerOf(new DeclarativeWorker({ name: "x", worker: () => Promise.reject(new Error("x")) }));
    const hanging = runnerOf(new DeclarativeWorker({ name: "y", worker: () => new Promise(() => {}) }));
    const runs = Promise.allSettled([failing.run(), hanging.run()]);
    await clock.tickAsync(1);
    expect(runningRunners()).to.deep.equal([hanging]);
    void hanging.stop();
    await clock.tickAsync("00:02");
    await runs;
  });

  it("are without one that the runner around it has left behind", async () => {
    const inner = runnerOf(new DeclarativeWorker({ name: "y", worker: () => new Promise(() => {}), shutdownTimeout: "1h" }));
    const outer = runnerOf(new DeclarativeWorker({ name: "inner", worker: inner, shutdownTimeout: "1s" }));
    const run = outer.run();
    void outer.stop();
    await Promise.all([Promise.allSettled([run]), clock.tickAsync("02:00:00")]);
  });
});
