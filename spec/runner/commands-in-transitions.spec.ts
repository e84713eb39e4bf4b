import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  Named,
  observe,
  Retry,
  type Runner,
  type RunnerOptions,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  UnknownWorkerError,
  Worker,
  type WorkerContext,
  wait,
} from "watchbill";
import { silent, thrownBy, untilStopped, watch } from "./commands.fixture.js";

describe("A command that is called in the middle of a change", () => {
  let clock: sinon.SinonFakeTimers;
  let runner: Runner;
  let running: ReturnType<typeof watch>;
  const callOffs: (() => void)[] = [];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(async function () {
    for (const callOff of callOffs.splice(0)) callOff();
    void runner.stop();
    await clock.tickAsync("01:00");
    const timers = clock.countTimers();
    clock.restore();
    // An error in a hook would skip the other facts.
    if (this.currentTest?.isFailed() === true) return;
    expect(running.outcome).to.not.equal("pending");
    expect(timers).to.equal(0);
  });

  function start(sources: object[], options: RunnerOptions = {}): void {
    runner = bootstrap(sources, { logger: silent, signals: [], ...options });
    running = watch(runner.run());
  }

  /** Calls back at the first event of a channel about a worker. */
  function once(channel: "watchbill:exit" | "watchbill:health", worker: string, act: () => void): void {
    let isOver = false;
    const callOff = observe(channel, (event: { readonly worker: string }) => {
      if (isOver || event.worker !== worker) return;
      isOver = true;
      act();
    });
    callOffs.push(callOff);
  }

  it("may be stop(), from an observer of the first success: all stop at once", async () => {
    let stopping = watch(Promise.resolve());
    once("watchbill:health", "job", () => {
      stopping = watch(runner.stop());
    });
    start([
      new DeclarativeWorker({ name: "job", job() {}, repeat: "1s" }),
      new DeclarativeWorker({ name: "loop", worker: untilStopped }),
    ]);
    await clock.tickAsync(1_000);
    expect([stopping.outcome, running.outcome]).to.deep.equal(["resolved", "resolved"]);
  });

  it("may be stop(), from the logger: run() settles", async () => {
    const logger = { ...silent, warn: () => void runner.stop() };
    const fails = () => Promise.reject(new Error("no luck"));
    start([new DeclarativeWorker({ name: "job", job: fails, repeat: "1s", retry: new StaticBackoff({ sleep: "1s" }) })], {
      logger,
    });
    await clock.tickAsync(1_000);
    expect(running.outcome).to.equal("resolved");
  });

  it("may be restart, from an observer of the exit while the worker is being removed: it is gone", async () => {
    let calls = 0;
    let atOnce = 0;
    const worker = async ({ signal }: WorkerContext) => {
      calls++;
      atOnce++;
      await stopped(signal);
      atOnce--;
    };
    const declared = new DeclarativeWorker({ name: "loop", worker });
    start([declared, new DeclarativeWorker({ name: "other", worker: untilStopped })]);
    let restarting = watch(Promise.resolve());
    once("watchbill:exit", "loop", () => {
      restarting = watch(runner.restart("loop"));
    });
    const removing = watch(runner.remove("loop"));
    await clock.tickAsync(0);
    expect(removing.outcome).to.equal("resolved");
    expect(restarting.outcome).to.be.instanceOf(UnknownWorkerError);
    expect([calls, atOnce]).to.deep.equal([1, 0]);
    runner.add(declared);
    await clock.tickAsync(0);
    expect([calls, atOnce]).to.deep.equal([2, 1]);
    expect(runner.status().map(({ name, phase }) => `${name} ${phase}`)).to.deep.equal(["other running", "loop running"]);
  });

  it("may be remove, from an abort listener that a completed worker has left: it is removed, although it is being restarted", async () => {
    let calls = 0;
    let atOnce = 0;
    const worker = async ({ signal }: WorkerContext) => {
      signal.addEventListener("abort", () => void runner.remove("a").catch(() => {}), { once: true });
      if (++calls === 1) throw new DoNotRestart("imported");
      atOnce++;
      await stopped(signal);
      atOnce--;
    };
    start([new DeclarativeWorker({ name: "a", worker }), new DeclarativeWorker({ name: "b", worker: untilStopped })]);
    await clock.tickAsync(0);
    void runner.restart("a").catch(() => {});
    await clock.tickAsync(0);
    expect(runner.status().map(({ name, phase }) => `${name} ${phase}`)).to.deep.equal(["b running"]);
    expect(atOnce).to.equal(0);
    const stopping = watch(runner.stop());
    await clock.tickAsync(0);
    expect([stopping.outcome, running.outcome]).to.deep.equal(["resolved", "resolved"]);
  });

  it("may be restarts of several workers, from an observer of the last exit of their class: it is started once, without a backoff", async () => {
    const starts = { watch: 0, fails: 0 };
    @Named("Feed")
    @Retry(new StaticBackoff({ sleep: "1h" }))
    class Feed {
      @Worker watch({ signal }: WorkerContext) {
        starts.watch++;
        return stopped(signal);
      }
      @Worker async fails({ signal }: WorkerContext) {
        if (++starts.fails > 1) return stopped(signal);
        await wait("1s");
        throw new Error("no luck");
      }
    }
    start([Feed]);
    const restarting: ReturnType<typeof watch>[] = [];
    once("watchbill:exit", "Feed/watch", () => {
      restarting.push(watch(runner.restart("Feed/watch")), watch(runner.restart("Feed/fails")));
    });
    await clock.tickAsync(1_001);
    expect(restarting.map(({ outcome }) => outcome)).to.deep.equal(["resolved", "resolved"]);
    expect(starts).to.deep.equal({ watch: 2, fails: 2 });
    expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["running", "running"]);
    await clock.tickAsync("02:00:00");
    expect(starts).to.deep.equal({ watch: 2, fails: 2 });
  });

  it("may be pause, from an observer of a trigger before the worker has started: it resolves after the run that was triggered", async () => {
    const seen: string[] = [];
    let triggering: ReturnType<typeof watch> | undefined;
    callOffs.push(
      observe("watchbill:command", ({ command }) => {
        if (command === "trigger") void runner.pause("job").then(() => seen.push("paused"));
      }),
    );
    const info = (): void => {
      triggering ??= watch(runner.trigger("job"));
    };
    start([new DeclarativeWorker({ name: "job", job: () => void seen.push("run"), repeat: "1h" })], {
      logger: { ...silent, info },
    });
    await clock.tickAsync(1_000);
    expect(seen).to.deep.equal(["run", "paused"]);
    expect(triggering?.outcome).to.equal("resolved");
  });

  it("may be resume, from an observer of the pause: the worker is not paused, and an unknown worker is an error at once", async () => {
    let runs = 0;
    let thrown: unknown;
    callOffs.push(
      observe("watchbill:command", ({ command }) => {
        if (command !== "pause") return;
        runner.resume("job");
        thrown = thrownBy(() => runner.resume("nobody"));
      }),
    );
    start([new DeclarativeWorker({ name: "job", job: () => void runs++, repeat: "1s" })]);
    const pausing = watch(runner.pause("job"));
    expect(runner.status()[0]?.phase).to.equal("waiting");
    await clock.tickAsync(1_000);
    expect(runs).to.equal(1);
    expect(pausing.outcome).to.equal("resolved");
    expect(thrown).to.be.instanceOf(UnknownWorkerError);
  });

  for (const [what, command] of [
    ["the removal", () => runner.remove("job")],
    ["the stop", () => runner.stop()],
  ] as const) {
    it(`may be resume, after ${what} of the worker: it has no effect`, async () => {
      start([new DeclarativeWorker({ name: "job", job: () => {}, repeat: "1s" })]);
      await runner.pause("job");
      callOffs.push(
        observe("watchbill:command", ({ command: published }) => {
          if (published !== "trigger") return;
          void command();
          runner.resume("job");
        }),
      );
      const triggered = watch(runner.trigger("job"));
      await clock.tickAsync("01:00");
      expect(triggered.outcome).to.be.instanceOf(Error);
      expect(runner.status().map(({ phase }) => phase)).to.deep.equal(what === "the stop" ? ["stopped"] : []);
    });
  }

  it("may be add, of a worker that a command before it removes: it does not start", async () => {
    const commands: string[] = [];
    let starts = 0;
    const late = new DeclarativeWorker({ name: "late", worker: () => void starts++ });
    callOffs.push(
      observe("watchbill:command", ({ command, worker }) => {
        commands.push(`${command} ${worker}`);
        if (command !== "trigger") return;
        void runner.remove("late");
        runner.add(late);
      }),
    );
    start([new DeclarativeWorker({ name: "job", job: () => {}, repeat: "1s" })]);
    void runner.trigger("job");
    await clock.tickAsync(1);
    expect([starts, commands]).to.deep.equal([0, ["trigger job", "remove late"]]);
    expect(runner.status().map(({ name }) => name)).to.deep.equal(["job"]);
  });

  it("may be resume, from an observer of the exit with which a worker is paused: it is started again", async () => {
    let calls = 0;
    const worker = ({ signal }: WorkerContext) => {
      calls++;
      return stopped(signal);
    };
    start([new DeclarativeWorker({ name: "loop", worker })]);
    let thrown: unknown;
    once("watchbill:exit", "loop", () => {
      thrown = thrownBy(() => runner.resume("loop"));
    });
    const pausing = watch(runner.pause("loop"));
    await clock.tickAsync(0);
    expect(thrown).to.equal(undefined);
    expect([pausing.outcome, calls, runner.status()[0]?.phase]).to.deep.equal(["resolved", 2, "running"]);
  });
});

describe("Every command settles:", () => {
  let clock: sinon.SinonFakeTimers;
  let runner: Runner;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("the pause of a worker whose run hangs rejects after the shutdown timeout, and the worker is paused when the run ends", async () => {
    let end = (): void => {};
    const job = () =>
      new Promise<void>((resolve) => {
        end = resolve;
      });
    const warn = sinon.spy();
    runner = bootstrap([new DeclarativeWorker({ name: "job", job, repeat: "1s" })], {
      logger: { ...silent, warn },
      signals: [],
      shutdownTimeout: "5s",
    });
    void runner.run();
    await clock.tickAsync(1_000);
    const pausing = watch(runner.pause("job"));
    void runner.pause("job");
    await clock.tickAsync(4_999);
    expect(pausing.outcome).to.equal("pending");
    await clock.tickAsync(1);
    expect(pausing.outcome).to.be.instanceOf(ShutdownTimeoutError);
    expect(pausing.outcome)
      .to.have.property("message")
      .that.matches(/^1 worker did not stop within 5s: job/);
    await clock.tickAsync(1);
    expect(warn.args.map(([, line]) => line)).to.deep.equal(["is to be paused, but has not stopped in time"]);
    end();
    await clock.tickAsync(10_000);
    expect(runner.status()[0]).to.include({ phase: "paused", runs: 1 });
    void runner.stop();
    await clock.tickAsync(0);
    expect(clock.countTimers()).to.equal(0);
  });

  it("the trigger of a worker of a class that has completed rejects, at the latest when the runner stops", async () => {
    let runs = 0;
    @Named("Feed")
    @Retry(new StaticBackoff({ sleep: "1h" }))
    class Feed {
      workers() {
        const job = () => {
          if (++runs === 1) throw new DoNotRestart("imported");
        };
        const fails = async () => {
          await wait("5s");
          throw new Error("no luck");
        };
        return [
          new DeclarativeWorker({ name: "import", job, repeat: "1s" }),
          new DeclarativeWorker({ name: "watch", worker: fails }),
        ];
      }
    }
    runner = bootstrap([Feed], { logger: silent, signals: [] });
    void runner.run();
    await clock.tickAsync(6_000);
    const triggering = watch(runner.trigger("Feed/import"));
    void runner.stop();
    await clock.tickAsync(0);
    expect(triggering.outcome).to.be.an("error");
    expect(triggering.outcome)
      .to.have.property("message")
      .that.matches(/^Feed\/import cannot be triggered: /);
  });

  it("the trigger of a worker that is removed meanwhile rejects once, and causes no unhandled rejection", async () => {
    const unhandled = sinon.spy();
    const others = process.rawListeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", unhandled);
    try {
      runner = bootstrap([new DeclarativeWorker({ name: "job", job: ({ signal }) => stopped(signal), repeat: "1s" })], {
        logger: silent,
        signals: [],
      });
      void runner.run();
      await clock.tickAsync(1_000);
      const triggering = watch(runner.trigger("job"));
      // A caller that ignores the promise.
      void runner.trigger("job");
      const removing = watch(runner.remove("job"));
      await clock.tickAsync(0);
      clock.restore();
      await new Promise(setImmediate);
      expect(removing.outcome).to.equal("resolved");
      expect(triggering.outcome).to.have.property("message", "job was removed");
      expect(unhandled.args).to.deep.equal([]);
    } finally {
      process.off("unhandledRejection", unhandled);
      for (const other of others) Reflect.apply(process.on.bind(process), process, ["unhandledRejection", other]);
      await runner.stop();
    }
  });
});

describe("A command that the code of a worker calls in its synchronous part", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("is carried out at once, such as resume", async () => {
    const seen: string[] = [];
    let runner: Runner | undefined;
    const job = () => {
      runner?.resume("other");
      seen.push(runner?.status()[1]?.phase ?? "");
    };
    runner = bootstrap(
      [
        new DeclarativeWorker({ name: "job", job, repeat: "2s" }),
        new DeclarativeWorker({ name: "other", job() {}, repeat: "1s" }),
      ],
      { logger: silent, signals: [] },
    );
    const running = watch(runner.run());
    await runner.pause("other");
    await clock.tickAsync(2_000);
    expect(seen).to.deep.equal(["waiting"]);
    void runner.stop();
    await clock.tickAsync(0);
    expect(running.outcome).to.equal("resolved");
  });

  it("does not block the event loop, if a job restarts itself for ever", async () => {
    let calls = 0;
    let runner: Runner | undefined;
    const job = (): void => {
      if (++calls < 5_000) void runner?.restart("job");
    };
    runner = bootstrap([new DeclarativeWorker({ name: "job", job, repeat: { interval: "1h", startImmediately: true } })], {
      logger: silent,
      signals: [],
    });
    const running = watch(runner.run());
    expect(calls).to.be.within(2, 2_000);
    void runner.stop();
    clock.restore();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(running.outcome).to.equal("resolved");
  });

  it("comes after one that it has called before, such as the trigger of a worker that it has added", async () => {
    let runs = 0;
    let runner: Runner | undefined;
    const added = new DeclarativeWorker({ name: "added", job: () => void runs++, repeat: "1h" });
    const worker = async ({ signal }: WorkerContext) => {
      runner?.add(added);
      await runner?.trigger("added");
      await stopped(signal);
    };
    runner = bootstrap([new DeclarativeWorker({ name: "adds", worker })], { logger: silent, signals: [] });
    const running = watch(runner.run());
    await clock.tickAsync(1);
    expect(runs).to.equal(1);
    void runner.stop();
    await clock.tickAsync(0);
    expect(running.outcome).to.equal("resolved");
  });

  it("does not make the workers that start with it time out", async () => {
    const block = () => clock.jump(60);
    const names = ["a", "b", "c", "d"];
    const declared = names.map(
      (name) => new DeclarativeWorker({ name, job: block, repeat: { interval: "1h", startImmediately: true }, timeout: "100ms" }),
    );
    const runner = bootstrap(declared, { logger: silent, signals: [] });
    const running = watch(runner.run());
    await clock.tickAsync(0);
    expect(runner.status().map(({ runs, failures, lastDuration }) => [runs, failures, lastDuration])).to.deep.equal(
      names.map(() => [1, 0, 60]),
    );
    void runner.stop();
    await clock.tickAsync(0);
    expect(running.outcome).to.equal("resolved");
  });

  it("settles also if its runner is left behind by the runner around it", async () => {
    const hangs = () => new Promise(() => {});
    const inner = bootstrap([new DeclarativeWorker({ name: "h", worker: hangs })], {
      logger: silent,
      shutdownTimeout: "300ms",
      signals: [],
    });
    const outer = bootstrap([new DeclarativeWorker({ name: "in", worker: inner })], {
      logger: silent,
      shutdownTimeout: "100ms",
      signals: [],
    });
    const running = watch(outer.run());
    await clock.tickAsync(20);
    const removing = watch(inner.remove("h"));
    void outer.stop();
    const stopping = watch(inner.stop());
    await clock.tickAsync(100);
    expect(
      [running.outcome, stopping.outcome, removing.outcome].map((outcome) => outcome instanceof ShutdownTimeoutError),
    ).to.deep.equal([true, true, true]);
    expect(String(stopping.outcome)).to.match(/did not stop within the time of the runner around it: in\/h\./);
    expect(clock.countTimers()).to.equal(0);
  });
});
