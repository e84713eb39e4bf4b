import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  type JobFunc,
  Named,
  Repeat,
  Retry,
  StaticBackoff,
  Worker,
  type WorkerContext,
  WorkerNotRunningError,
  wait,
} from "watchbill";
import { expectError, phases, Stubborn, silent, untilStopped, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "30s" });
const inBackground = (worker: DeclarativeWorkerOptions["worker"], options: DeclarativeWorkerOptions = {}) =>
  new DeclarativeWorker({ name: "listen", worker, ...options });

describe("A paused worker", () => {
  let clock: SinonFakeTimers;
  /** In whole seconds, as immediates take 1 ms on fake timers. */
  let starts: number[];

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    starts = [];
  });

  afterEach(() => clock.restore());

  /** Runs these workers beside an unrelated one. */
  function running(workers: DeclarativeWorker[]) {
    const other = new DeclarativeWorker({ name: "other", worker: untilStopped });
    const runner = bootstrap([...workers, other], { logger: silent });
    void runner.run();
    return runner;
  }

  const job = (code: JobFunc = () => {}, options: DeclarativeWorkerOptions = {}) =>
    new DeclarativeWorker({ name: "fetch", job: recorded(code), repeat: "1m", ...options });

  function recorded<Result>(code: (context: WorkerContext) => Result): (context: WorkerContext) => Result {
    return (context) => {
      starts.push(Math.floor(Date.now() / 1_000));
      return code(context);
    };
  }

  it("completes the run in progress undisturbed, and does not start another", async () => {
    const aborted: boolean[] = [];
    const runner = running([job(({ signal }) => wait("5s").then(() => void aborted.push(signal.aborted)))]);
    await clock.tickAsync("01:01");
    const paused = watch(runner.pause("fetch"));
    await clock.tickAsync(3_999);
    expect(paused.outcome).to.equal("pending");
    expect(phases(runner)).to.deep.equal({ fetch: "running", other: "running" });
    await clock.tickAsync(1);
    expect(paused.outcome).to.equal("resolved");
    expect(runner.status()[0]).to.deep.include({ phase: "paused", runs: 1, lastDuration: 5_000, nextDue: null });
    await clock.tickAsync("05:00");
    expect(starts).to.deep.equal([60]);
    expect(aborted).to.deep.equal([false]);
    await runner.stop();
  });

  it("completes an attempt in progress, and has no further one until it is resumed", async () => {
    let attempts = 0;
    const code = async () => {
      attempts++;
      await wait("5s");
      if (attempts === 1) throw new Error("HTTP 503");
    };
    const runner = running([job(code, { retryJob: new StaticBackoff({ sleep: "1s" }) })]);
    await clock.tickAsync("01:01");
    const paused = watch(runner.pause("fetch"));
    await clock.tickAsync(3_999);
    expect(paused.outcome).to.equal("pending");
    await clock.tickAsync(1);
    expect(paused.outcome).to.equal("resolved");
    await clock.tickAsync("05:00");
    expect(attempts).to.equal(1);
    runner.resume("fetch");
    await clock.tickAsync("00:05");
    expect(attempts).to.equal(2);
    expect(runner.status()[0]).to.include({ phase: "waiting", health: "ok" });
    await runner.stop();
  });

  it("is paused immediately if it waits for its next run", async () => {
    const runner = running([job()]);
    await runner.pause("fetch");
    expect(runner.status()[0]).to.deep.include({ phase: "paused", nextDue: null });
    await runner.stop();
  });

  for (const [what, repeat] of [
    ["grid", { interval: "1m", startImmediately: true }],
    ["schedule", { schedule: { next: (after: Date) => new Date((Math.floor(after.getTime() / 60_000) + 1) * 60_000) } }],
  ] as const) {
    it(`runs at the next time of the same ${what} once it is resumed, without catching up on runs`, async () => {
      const runner = running([job(undefined, { repeat })]);
      await clock.tickAsync("01:10");
      await runner.pause("fetch");
      await clock.tickAsync("05:20");
      const before = starts.length;
      runner.resume("fetch");
      expect(runner.status()[0]).to.deep.include({ phase: "waiting", nextDue: 420_000 });
      await clock.tickAsync("02:00");
      expect(starts.slice(before)).to.deep.equal([420, 480]);
      await runner.stop();
    });
  }

  it("does not run what it missed if it is resumed during a run that was triggered, and counts it", async () => {
    const runner = running([job(() => wait("5s"))]);
    await clock.tickAsync("00:50");
    await runner.pause("fetch");
    // Due at 60 s, during the pause.
    await clock.tickAsync("00:12");
    const triggered = watch(runner.trigger("fetch"));
    await clock.tickAsync("00:01");
    runner.resume("fetch");
    await clock.tickAsync("00:10");
    expect(triggered.outcome).to.equal("resolved");
    expect(starts).to.deep.equal([62]);
    expect(runner.status()[0]).to.deep.include({ phase: "waiting", missed: 1, nextDue: 120_000 });
    await runner.stop();
  });

  it("continues unchanged if it is resumed during its run, or was never paused", async () => {
    const runner = running([job(() => wait("5s"))]);
    await clock.tickAsync("01:01");
    const paused = watch(runner.pause("fetch"));
    runner.resume("fetch");
    await clock.tickAsync(0);
    expectError(paused.outcome, WorkerNotRunningError, "fetch cannot be paused: it was resumed meanwhile");
    await clock.tickAsync("01:00");
    runner.resume("fetch");
    await clock.tickAsync("01:00");
    runner.resume("other");
    expect(starts).to.deep.equal([60, 120, 180]);
    expect(runner.status()[1]).to.deep.include({ phase: "running", runs: 1 });
    await clock.tickAsync("00:05");
    await runner.stop();
  });

  it("does not end the run if it is the last one, and leaves no timer once all are paused and stopped", async () => {
    const runner = bootstrap([inBackground(untilStopped), job()], { logger: silent });
    const run = watch(runner.run());
    await Promise.all([runner.pause("listen"), runner.pause("fetch")]);
    await clock.tickAsync("10:00");
    expect(run.outcome).to.equal("pending");
    await runner.stop();
    expect(run.outcome).to.equal("resolved");
    expect(phases(runner)).to.deep.equal({ listen: "stopped", fetch: "stopped" });
    expect(clock.countTimers()).to.equal(0);
  });

  it("is not restarted if it is paused during its backoff, and continues on its grid when it is resumed", async () => {
    const failing = recorded(() => Promise.reject(new Error("HTTP 503")));
    const runner = running([job(failing, { job: failing, retry: backoff }), inBackground(failing, { retry: backoff })]);
    await clock.tickAsync("01:10");
    const paused = [watch(runner.pause("fetch")), watch(runner.pause("listen"))];
    await clock.tickAsync(0);
    expect(paused.map(({ outcome }) => outcome)).to.deep.equal(["resolved", "resolved"]);
    const before = starts.length;
    await clock.tickAsync("09:50");
    expect(starts.slice(before)).to.deep.equal([]);
    expect(phases(runner)).to.deep.equal({ fetch: "paused", listen: "paused", other: "running" });
    runner.resume("listen");
    expect(starts.slice(before)).to.deep.equal([660]);
    await runner.pause("listen");
    runner.resume("fetch");
    await clock.tickAsync("00:59");
    expect(starts.slice(before)).to.deep.equal([660, 690]);
    await runner.stop();
  });

  it("is paused once, however often pause is called, before and after", async () => {
    const listener = new Stubborn();
    const runner = running([job(() => wait("5s")), inBackground(listener.run)]);
    await clock.tickAsync("01:01");
    const names = ["fetch", "fetch", "listen", "listen"];
    const paused = names.map((name) => watch(runner.pause(name)));
    await clock.tickAsync("00:05");
    listener.end();
    await clock.tickAsync(0);
    paused.push(...names.map((name) => watch(runner.pause(name))));
    await clock.tickAsync(0);
    expect(paused.map(({ outcome }) => outcome)).to.deep.equal(Array(8).fill("resolved"));
    expect(phases(runner)).to.deep.equal({ fetch: "paused", listen: "paused", other: "running" });
    for (const name of ["fetch", "listen"]) runner.resume(name);
    expect(phases(runner)).to.deep.equal({ fetch: "waiting", listen: "running", other: "running" });
    expect(listener.starts).to.equal(2);
    const stopped = runner.stop();
    listener.end();
    await stopped;
  });

  it("stays paused when its retry restarts it", async () => {
    const failing = () => wait("5s").then(() => Promise.reject(new Error("HTTP 503")));
    const runner = running([job(failing, { retry: backoff, repeat: { interval: "1m", startImmediately: true } })]);
    const paused = watch(runner.pause("fetch"));
    await clock.tickAsync("00:05");
    expect(paused.outcome).to.equal("resolved");
    await clock.tickAsync("10:00");
    expect(starts).to.deep.equal([0]);
    expect(runner.status()[0]).to.deep.include({ phase: "paused", failures: 1, nextDue: null });
    await runner.stop();
  });

  it("stays paused when its class is restarted as a whole, until it is resumed", async () => {
    const listener = new Stubborn();
    const streams: number[] = [];
    @Named("github")
    @Retry(backoff)
    class Fetcher {
      @Repeat("1m")
      commits() {
        starts.push(Math.floor(Date.now() / 1_000));
      }

      @Worker
      stream(context: WorkerContext) {
        streams.push(Math.floor(Date.now() / 1_000));
        return untilStopped(context);
      }

      @Worker
      events() {
        return listener.run();
      }
    }
    const runner = bootstrap([Fetcher], { logger: silent });
    void runner.run();
    await Promise.all([runner.pause("github/commits"), runner.pause("github/stream")]);
    listener.end(new Error("connection lost"));
    await clock.tickAsync("10:10");
    expect(listener.starts).to.equal(2);
    expect(phases(runner)).to.deep.equal({
      "github/commits": "paused",
      "github/stream": "paused",
      "github/events": "running",
    });
    for (const name of ["github/commits", "github/stream"]) runner.resume(name);
    await clock.tickAsync("01:00");
    expect(starts).to.have.length(1);
    expect(streams).to.deep.equal([0, 610]);
    const stopped = runner.stop();
    listener.end();
    await stopped;
  });
});
