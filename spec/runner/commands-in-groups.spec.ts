import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  group,
  InvalidArgumentError,
  named,
  observe,
  Repeat,
  Retry,
  repeat,
  retry,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  WorkerNotRunningError,
  wait,
} from "watchbill";
import { expectError, phases, recorder, Stubborn, silent, start, thrownBy, untilStopped, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "1h" });
const done = async () => {
  throw new DoNotRestart("done");
};

/** A class that restarts together: `flaky` fails after a minute, `migrate` completes, and `listen` runs `hanging`. */
function feedOf(hanging = untilStopped) {
  @Retry(backoff)
  class Feed {
    readonly starts: string[] = [];

    @Worker
    async flaky({ signal }: WorkerContext) {
      await wait("1m", { signal });
      if (!signal.aborted) throw new Error("connection lost");
    }

    @Worker
    async listen(context: WorkerContext) {
      this.starts.push("listen");
      await hanging(context);
    }

    @Repeat("1d")
    flush() {
      this.starts.push("flush");
    }

    @Worker
    async migrate() {
      this.starts.push("migrate");
      await done();
    }
  }
  return new Feed();
}

describe("A command on a worker of a class that restarts together", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  const run = (...sources: object[]) => start(sources);

  describe("during the backoff of the class", () => {
    it("is checked first: a rejected command does not affect the class", async () => {
      const feed = feedOf();
      const { runner } = run(feed);
      await clock.tickAsync("02:00");
      const refused = [watch(runner.trigger("Feed/listen")), watch(runner.trigger("Feed/migrate"))];
      await clock.tickAsync(0);
      expect(refused[0]?.outcome).to.be.instanceOf(InvalidArgumentError);
      expect(refused[1]?.outcome).to.be.instanceOf(WorkerNotRunningError);
      expect(feed.starts).to.deep.equal(["listen", "migrate"]);
      await runner.stop();
    });

    it("settles, even by a run that starts with the class and completes immediately", async () => {
      let runs = 0;
      @Retry(backoff)
      class Imports {
        @Repeat("1m", { startImmediately: true })
        run() {
          throw ++runs === 1 ? new Error("connection lost") : new DoNotRestart("done");
        }

        @Worker
        listen(context: WorkerContext) {
          return untilStopped(context);
        }
      }
      const { runner } = run(Imports);
      await clock.tickAsync("1");
      const triggered = watch(runner.trigger("Imports/run"));
      await clock.tickAsync("1");
      expect([triggered.outcome, runs]).to.deep.equal(["resolved", 2]);
      await runner.stop();
    });

    it("starts the worker once if it is a restart", async () => {
      const feed = feedOf();
      const { runner } = run(feed);
      await clock.tickAsync("02:00");
      await runner.restart("Feed/listen");
      await clock.tickAsync("1");
      expect(feed.starts).to.deep.equal(["listen", "migrate", "listen"]);
      await runner.stop();
    });

    it("is visible in the status: paused and completed workers have no backoff", async () => {
      const { runner } = run(feedOf());
      await clock.tickAsync("02:00");
      await runner.pause("Feed/flush");
      expect(phases(runner)).to.deep.equal({
        "Feed/flaky": "backoff",
        "Feed/listen": "backoff",
        "Feed/flush": "paused",
        "Feed/migrate": "stopped",
      });
      await runner.stop();
    });

    it("can be a removal: a worker that is added again backs off like the others, and starts with them", async () => {
      const feed = feedOf();
      const { runner } = run(feed);
      await clock.tickAsync("02:00");
      const [listen = {}] = runner.workers.filter(({ name }) => name === "Feed/listen");
      await runner.remove("Feed/listen");
      runner.add(listen);
      await clock.tickAsync("57:00");
      expect(feed.starts).to.deep.equal(["listen", "migrate"]);
      await clock.tickAsync("02:30");
      expect(feed.starts).to.deep.equal(["listen", "migrate", "listen"]);
      await runner.stop();
    });

    it("can be a resume: the worker backs off like the others, and starts with them", async () => {
      const { runner } = run(feedOf());
      await clock.tickAsync("02:00");
      await runner.pause("Feed/flush");
      runner.resume("Feed/flush");
      expect(phases(runner)).to.include({ "Feed/flush": "backoff" });
      await clock.tickAsync("59:30");
      expect(phases(runner)).to.include({ "Feed/flush": "waiting", "Feed/listen": "running" });
      await runner.stop();
    });
  });

  it("can be a resume while the class stops to restart", async () => {
    const listener = new Stubborn();
    const { runner } = run(feedOf(listener.run));
    await runner.pause("Feed/flush");
    await clock.tickAsync("02:00");
    runner.resume("Feed/flush");
    listener.end();
    await clock.tickAsync("01:00:01");
    expect(phases(runner)).to.include({ "Feed/flush": "waiting", "Feed/listen": "running" });
    void runner.stop();
    listener.end();
  });

  it("can be a pause while the class stops to restart; other commands are rejected with the reason", async () => {
    const listener = new Stubborn();
    const { runner } = run(feedOf(listener.run));
    await clock.tickAsync("02:00");
    await runner.pause("Feed/flush");
    const refused = [watch(runner.trigger("Feed/flush")), watch(runner.restart("Feed/flush"))];
    await clock.tickAsync(0);
    for (const [index, participle] of ["triggered", "restarted"].entries()) {
      const message = `Feed/flush cannot be ${participle}: its group is being restarted`;
      expectError(refused[index]?.outcome, WorkerNotRunningError, message);
    }
    listener.end();
    await clock.tickAsync("01:00:01");
    expect(phases(runner)).to.include({ "Feed/flush": "paused", "Feed/listen": "running" });
    void runner.stop();
    listener.end();
  });

  it("is rejected after the run", async () => {
    const { runner } = run(feedOf());
    await runner.stop();
    const refused = watch(runner.restart("Feed/listen"));
    await clock.tickAsync(0);
    expectError(refused.outcome, WorkerNotRunningError, "Feed/listen cannot be restarted: the runner has stopped");
  });

  describe("that has completed", () => {
    @Retry(backoff)
    class Imports {
      starts = 0;

      @Worker
      async first() {
        this.starts++;
        await done();
      }

      @Worker
      second() {
        return done();
      }
    }
    const other = new DeclarativeWorker({ name: "other", worker: untilStopped });

    it("can remove all its workers, and leaves no timer", async () => {
      const { runner, run: running } = run(Imports, other);
      await clock.tickAsync(0);
      await runner.remove("Imports/first");
      await runner.remove("Imports/second");
      await clock.tickAsync("01:00");
      await runner.stop();
      expect([running.outcome, clock.countTimers()]).to.deep.equal(["resolved", 0]);
    });

    it("rejects commands on its workers, except a restart", async () => {
      const { runner } = run(Imports, other);
      await clock.tickAsync(0);
      const refused = [watch(runner.trigger("Imports/first")), watch(runner.pause("Imports/first"))];
      await clock.tickAsync(0);
      refused.push({ outcome: thrownBy(() => runner.resume("Imports/first")) });
      for (const [index, participle] of ["triggered", "paused", "resumed"].entries()) {
        const message = `Imports/first cannot be ${participle}: its group has completed`;
        expectError(refused[index]?.outcome, WorkerNotRunningError, message);
      }
      await runner.stop();
    });

    it("can restart one of its workers, and publishes one event", async () => {
      const published: string[] = [];
      const unsubscribe = observe("watchbill:command", ({ worker, command }) => published.push(`${command} ${worker}`));
      const imports = new Imports();
      const { runner } = run(imports, other);
      await clock.tickAsync(0);
      await runner.restart("Imports/first");
      await clock.tickAsync(0);
      expect([imports.starts, published]).to.deep.equal([2, ["restart Imports/first"]]);
      unsubscribe();
      await runner.stop();
    });

    it("can remove one of its workers, which then can be added again and starts", async () => {
      const imports = new Imports();
      const { runner } = run(imports, other);
      await clock.tickAsync(0);
      const [first = {}] = runner.workers;
      await runner.remove("Imports/first");
      runner.add(first);
      await clock.tickAsync(0);
      expect(imports.starts).to.equal(2);
      await runner.stop();
    });
  });

  for (const [when, time] of [
    ["at work", 0],
    ["in backoff", 120_000],
  ] as const) {
    it(`can remove the last one, so that the class ends while ${when}: the run goes on with the others, and ends with them`, async () => {
      const others: string[] = [];
      const other = new DeclarativeWorker({
        name: "other",
        async worker(context) {
          others.push("starts");
          await wait("1h", context);
          throw new DoNotRestart("done");
        },
      });
      const { runner, run: running } = run(feedOf(), other);
      await clock.tickAsync(time);
      const [listen = {}] = runner.workers.filter(({ name }) => name === "Feed/listen");
      for (const name of Object.keys(phases(runner))) if (name !== "other") await runner.remove(name);
      await clock.tickAsync("00:30");
      expect([phases(runner), running.outcome]).to.deep.equal([{ other: "running" }, "pending"]);
      runner.add(listen);
      expect(phases(runner)).to.deep.equal({ other: "running", "Feed/listen": "running" });
      await runner.remove("Feed/listen");
      await clock.tickAsync("01:00:00");
      expect([phases(runner), running.outcome, clock.countTimers()]).to.deep.equal([{ other: "stopped" }, "resolved", 0]);
      expect(others).to.deep.equal(["starts"]);
    });
  }

  it("logs the failure of a worker as that of its group, and aborts the others with a reason that names it", async () => {
    const { lines, logger } = recorder();
    let reason: unknown;
    const feed = feedOf(async ({ signal }) => {
      await stopped(signal);
      reason = signal.reason;
    });
    const runner = bootstrap([feed], { logger, signals: [] });
    void runner.run();
    await clock.tickAsync("02:00");
    expect(lines).to.deep.include.members([["failed; its group stops", "Feed/flaky", new Error("connection lost")]]);
    expect(String(reason)).to.equal("AbortError: Feed/flaky has exited, so its group stops");
    await runner.stop();
  });
});

describe("Manually composed workers", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  for (const [what, worker] of [
    ["a declared worker in another", (job: () => void) => new DeclarativeWorker({ name: "inner", job, repeat: "1m" })],
    ["one under a retry of its own", (job: () => void) => retry(new DeclarativeWorker({ job, repeat: "1m" }), backoff)],
    ["one with a name of its own", (job: () => void) => retry(named(repeat("1m", job), "inner"), backoff)],
  ] as const) {
    it(`can be triggered and paused: ${what}`, async () => {
      let runs = 0;
      const job = () => void runs++;
      const runner = bootstrap([new DeclarativeWorker({ name: "x", worker: worker(job) })], { logger: silent, signals: [] });
      void runner.run();
      const triggered = watch(runner.trigger("x"));
      await clock.tickAsync("1");
      const paused = watch(runner.pause("x"));
      await clock.tickAsync("10:00");
      expect([triggered.outcome, paused.outcome, runs]).to.deep.equal(["resolved", "resolved", 1]);
      await runner.stop();
    });
  }

  it("do not restart what has completed, at any level", async () => {
    let starts = 0;
    const migrate = () => {
      starts++;
      return done();
    };
    const flaky = async ({ signal }: WorkerContext) => {
      await wait("1m", { signal });
      if (!signal.aborted) throw new Error("connection lost");
    };
    const soon = new StaticBackoff({ sleep: "1s" });
    @Retry(soon)
    class Imports {
      @Worker
      migrate() {
        return migrate();
      }

      @Worker
      listen(context: WorkerContext) {
        return untilStopped(context);
      }
    }
    const inner = bootstrap([
      Imports,
      new DeclarativeWorker({ name: "migrate", worker: migrate }),
      new DeclarativeWorker({ name: "f", worker: flaky }),
    ]);
    const sources = [
      new DeclarativeWorker({ name: "g", worker: group(retry(group(migrate, untilStopped), soon), flaky), retry: soon }),
      new DeclarativeWorker({ name: "r", worker: inner, retry: soon }),
    ];
    const runner = bootstrap(sources, { logger: silent, signals: [] });
    void runner.run();
    await clock.tickAsync("10:00");
    expect(starts).to.equal(3);
    await runner.stop();
  });

  it("have a status row that shows the failure of one of a runner until that has recovered", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 1) throw new Error("HTTP 503");
    };
    const flaky = { name: "flaky", job, repeat: "1m", retry: new StaticBackoff({ sleep: "1s" }) } as const;
    const worker = bootstrap([new DeclarativeWorker(flaky)], { logger: silent });
    const { runner } = start([new DeclarativeWorker({ name: "g", worker })]);
    await clock.tickAsync("01:00");
    expect(runner.status()[0]).to.include({ health: "firing", lastError: "Error: HTTP 503" });
    await clock.tickAsync("02:00");
    expect(runner.status()[0]).to.include({ health: "ok", attempt: 0 });
    await runner.stop();
  });

  it("have a status row that shows when one of a group or of a runner is not healthy", async () => {
    const failing = () => Promise.reject(new Error("HTTP 503"));
    const sources = [
      new DeclarativeWorker({ name: "g", worker: group(named(retry(failing, backoff), "bad"), untilStopped) }),
      new DeclarativeWorker({
        name: "r",
        worker: bootstrap([new DeclarativeWorker({ name: "bad", worker: failing, retry: backoff })], { logger: silent }),
      }),
    ];
    const runner = bootstrap(sources, { logger: silent, signals: [] });
    void runner.run();
    await clock.tickAsync("5");
    for (const row of runner.status())
      expect(row).to.include({ phase: "running", health: "firing", lastError: "Error: HTTP 503" });
    await runner.stop();
  });
});
