import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  DoNotRestart,
  Named,
  Repeat,
  Retry,
  type Runner,
  retryJob,
  StaticBackoff,
  timeout,
  Worker,
  type WorkerContext,
  wait,
} from "watchbill";
import { phases, Stubborn, silent, start, thrownBy, untilStopped, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "30s" });
const named = (name: string, options: DeclarativeWorkerOptions = { worker: untilStopped }) =>
  new DeclarativeWorker({ name, ...options });
const done = () => Promise.reject(new DoNotRestart());

/** A class that is restarted as a whole, with one worker that ends on request. */
function groupOf(events: Stubborn) {
  @Named("g")
  @Retry(backoff)
  class Group {
    readonly log: string[] = [];

    @Worker
    events() {
      return events.run();
    }

    @Worker
    async stream(context: WorkerContext) {
      this.log.push("stream starts");
      await untilStopped(context);
      this.log.push("stream ends");
    }

    @Repeat("1m", { startImmediately: true })
    commits() {
      this.log.push(`commits at ${Math.floor(Date.now() / 1_000)}`);
    }
  }
  return new Group();
}

describe("Commands at unusual moments", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  const run = (...sources: object[]) => start(sources);

  /** A runner whose first worker takes this step when it starts. */
  function whoseFirst(step: (runner: Runner) => void, ...others: DeclarativeWorker[]) {
    const worker = (context: WorkerContext) => {
      step(runner);
      return untilStopped(context);
    };
    const runner: Runner = bootstrap([named("boss", { worker }), ...others], { logger: silent, signals: [] });
    return { runner, run: watch(runner.run()) };
  }

  it("adding a worker after the last one was removed starts it, and the runner is still busy", async () => {
    const { runner, run: first } = run(named("a"));
    await runner.remove("a");
    runner.add(named("b"));
    expect(phases(runner)).to.deep.equal({ b: "running" });
    const second = watch(runner.run());
    await clock.tickAsync(0);
    expect(second.outcome).to.have.property("name", "RunnerBusyError");
    await runner.stop();
    expect(first.outcome).to.equal("resolved");
  });

  it("removing the only worker of a class that is restarted as a whole stops it", async () => {
    const signals: AbortSignal[] = [];
    @Named("g")
    @Retry(backoff)
    class Group {
      @Worker
      stream(context: WorkerContext) {
        signals.push(context.signal);
        return untilStopped(context);
      }
    }
    const { runner } = run(Group, named("other"));
    await runner.remove("g/stream");
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
  });

  it("removing a worker of a class twice does not affect the other workers of the class", async () => {
    const [events, stream] = [new Stubborn(), new Stubborn()];
    const { runner } = run(Object.assign(groupOf(events), { stream: stream.run }));
    for (let times = 0; times < 2; times++) void runner.remove("g/stream");
    stream.end();
    await clock.tickAsync(0);
    events.end(new Error("connection lost"));
    await clock.tickAsync("00:31");
    expect(phases(runner)).to.deep.equal({ "g/events": "running", "g/commits": "waiting" });
  });

  for (const command of ["trigger", "pause"] as const) {
    it(`${command} settles if its run hangs and the runner stops without it`, async () => {
      const { runner, run: ended } = run(named("a", { job: () => new Stubborn().run(), repeat: "1m" }));
      await clock.tickAsync("01:01");
      const result = watch(runner[command]("a"));
      void runner.stop();
      await clock.tickAsync("01:00");
      expect(ended.outcome).to.have.property("name", "ShutdownTimeoutError");
      expect(result.outcome).not.to.equal("pending");
    });
  }

  it("remove completes once a hung worker stops, even if the runner was stopped meanwhile", async () => {
    const one = new Stubborn();
    const { runner } = run(named("a", { worker: one.run }), named("b"));
    const removed = watch(runner.remove("a"));
    await clock.tickAsync("00:31");
    void runner.stop();
    one.end();
    await clock.tickAsync(0);
    expect(removed.outcome).to.have.property("name", "ShutdownTimeoutError");
    expect(phases(runner)).to.deep.equal({ b: "stopped" });
  });

  for (const command of ["trigger", "pause", "restart"] as const) {
    it(`${command} is accepted during the backoff of the worker's class`, async () => {
      const events = new Stubborn();
      const { runner } = run(groupOf(events));
      events.end(new Error("connection lost"));
      await clock.tickAsync("00:01");
      const result = watch(runner[command]("g/commits"));
      await clock.tickAsync("00:30");
      expect(result.outcome).to.equal("resolved");
    });
  }

  it("resuming a worker that is not paused does not skip a run", async () => {
    const starts: number[] = [];
    const resumes = named("a", { job: () => runner.resume("b"), repeat: "1m" });
    const { runner }: { runner: Runner } = run(resumes, named("b", { job: () => void starts.push(Date.now()), repeat: "1m" }));
    await clock.tickAsync("03:01");
    expect(starts).to.have.length(3);
  });

  it("adding a worker in the first step of another starts it once", async () => {
    const added = new Stubborn();
    whoseFirst((runner) => void runner.add(named("b", { worker: added.run })));
    expect(added.starts).to.equal(1);
  });

  it("removing a worker in the first step of another does not keep the runner from stopping", async () => {
    const { runner, run: ended } = whoseFirst((runner) => void runner.remove("b"), named("b"));
    void runner.stop();
    await clock.tickAsync("01:00");
    expect(ended.outcome).to.equal("resolved");
  });

  it("restarting a worker in the first step of another does not run it twice at a time", async () => {
    const b = new Stubborn();
    whoseFirst((runner) => void runner.restart("b").catch(() => {}), named("b", { worker: b.run }));
    expect(b.starts).to.equal(1);
  });

  it("pausing a worker in the first step of another works", async () => {
    const { runner } = whoseFirst((runner) => void runner.pause("b").catch(() => {}), named("b"));
    await clock.tickAsync(0);
    expect(phases(runner)).to.deep.equal({ boss: "running", b: "paused" });
  });

  it("a worker of a nested runner with the name of the outer worker has a status and can be triggered", async () => {
    const inner = bootstrap([named("imports", { job() {}, repeat: "1m" })], { logger: silent });
    run(named("imports", { worker: inner }));
    const triggered = watch(inner.trigger("imports"));
    await clock.tickAsync(0);
    expect(phases(inner)).to.deep.equal({ imports: "waiting" });
    expect(triggered.outcome).to.equal("resolved");
  });

  it("adding a source adds all its workers, even if one fails immediately", async () => {
    class Two {
      @Worker
      one() {
        throw new Error("at once");
      }

      @Worker
      two() {}
    }
    const { runner } = run(named("a"));
    expect(thrownBy(() => runner.add(Two))).to.equal(undefined);
    await clock.tickAsync(0);
    expect(phases(runner)).to.deep.equal({ a: "stopped", "Two/one": "stopped", "Two/two": "stopped" });
  });

  it("an added worker can run commands on itself in its first step", async () => {
    const { runner } = run(named("a"));
    let result = watch(Promise.resolve());
    const worker = (context: WorkerContext) => {
      result = watch(runner.pause("b"));
      return untilStopped(context);
    };
    runner.add(named("b", { worker }));
    await clock.tickAsync(0);
    expect(result.outcome).to.equal("resolved");
  });

  it("restarting a worker of a class that has completed as a whole works", async () => {
    @Named("g")
    @Retry(backoff)
    class Group {
      @Worker
      importAll() {
        return done();
      }
    }
    const { runner } = run(Group, named("other"));
    await clock.tickAsync(0);
    const restarted = watch(runner.restart("g/importAll"));
    await clock.tickAsync(0);
    expect(restarted.outcome).to.equal("resolved");
  });

  it("a worker that is restarted during its removal still restarts with its class", async () => {
    const events = new Stubborn();
    const group = groupOf(events);
    const { runner } = run(group);
    void runner.remove("g/stream");
    await runner.restart("g/stream");
    events.end(new Error("connection lost"));
    await clock.tickAsync("00:31");
    expect(phases(runner)).to.have.property("g/stream", "running");
  });

  it("pausing a worker during its backoff leaves no run due", async () => {
    const { runner } = run(named("a", { job: () => Promise.reject(new Error("no")), repeat: "1m", retry: backoff }));
    await clock.tickAsync("01:10");
    await runner.pause("a");
    expect(runner.status()[0]).to.deep.include({ phase: "paused", nextDue: null });
  });

  it("a worker that was paused when its class restarted does not catch up on runs when it is resumed", async () => {
    const events = new Stubborn();
    const group = groupOf(events);
    const { runner } = run(group);
    await runner.pause("g/commits");
    events.end(new Error("connection lost"));
    await clock.tickAsync("10:10");
    group.log.length = 0;
    runner.resume("g/commits");
    await clock.tickAsync("00:30");
    expect(group.log).to.deep.equal(["commits at 630"]);
  });

  it("triggering a run resolves if the run succeeds, even if one of its attempts timed out", async () => {
    let attempts = 0;
    const attempt = () => (++attempts === 1 ? wait("10s") : undefined);
    const { runner } = run(named("a", { job: retryJob(timeout(attempt, "5s"), backoff), repeat: "1m" }));
    const triggered = watch(runner.trigger("a"));
    await clock.tickAsync("00:59");
    expect(triggered.outcome).to.equal("resolved");
  });

  it("a command on a worker that still hangs after an earlier command waits for the shutdown timeout again", async () => {
    const one = new Stubborn();
    const { runner } = run(named("a", { worker: one.run }));
    void runner.restart("a").catch(() => {});
    await clock.tickAsync("00:31");
    const removed = watch(runner.remove("a"));
    await clock.tickAsync("00:01");
    one.end();
    await clock.tickAsync(0);
    expect([removed.outcome, phases(runner)]).to.deep.equal(["resolved", {}]);
  });

  for (const [first, then] of [
    ["restart", "remove"],
    ["remove", "restart"],
  ] as const) {
    it(`${first} rejects if it is superseded by ${then}`, async () => {
      const one = new Stubborn();
      const { runner } = run(named("a", { worker: one.run }));
      const overruled = watch(runner[first]("a"));
      void runner[then]("a");
      one.end();
      await clock.tickAsync(0);
      expect(overruled.outcome).to.be.instanceOf(Error);
    });
  }

  it("pausing during a backoff resolves only when the run that was triggered before it has ended", async () => {
    const job = () => wait("5s").then(() => Promise.reject(new Error("no")));
    const { runner } = run(named("a", { job, repeat: "1m", retry: backoff }));
    await clock.tickAsync("01:10");
    void runner.trigger("a").catch(() => {});
    const paused = watch(runner.pause("a"));
    await clock.tickAsync("00:01");
    expect([runner.status()[0]?.phase, paused.outcome]).to.deep.equal(["running", "pending"]);
  });
});
