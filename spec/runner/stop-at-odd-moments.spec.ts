import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  group,
  observe,
  Retry,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  WorkersFailedError,
  wait,
} from "watchbill";
import { phases, Stubborn, silent, untilStopped, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "10s" });
const slow =
  (ms: number) =>
  async ({ signal }: WorkerContext) => {
    await stopped(signal);
    await wait(ms);
  };

describe("A stop at an unusual moment", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("rejects a pending pause once, if the worker hangs", async () => {
    const runner = bootstrap([new DeclarativeWorker({ name: "a", worker: new Stubborn().run })], {
      logger: silent,
      signals: [],
      shutdownTimeout: "5s",
    });
    const running = watch(runner.run());
    const paused = watch(runner.pause("a"));
    await clock.tickAsync("00:06");
    void runner.stop();
    // An unhandled rejection would end the process of the specs.
    await clock.tickAsync("00:06");
    expect([paused.outcome, running.outcome].map((outcome) => Object(outcome).name)).to.deep.equal([
      "ShutdownTimeoutError",
      "ShutdownTimeoutError",
    ]);
  });

  for (const [what, source] of [
    ["a group", (run: () => Promise<void>) => new DeclarativeWorker({ name: "g", worker: group(run) })],
    [
      "a class that restarts together",
      (run: () => Promise<void>) => {
        @Retry(backoff)
        class Feed {
          @Worker
          listen() {
            return run();
          }
        }
        return Feed;
      },
    ],
    [
      "a runner with more time of its own",
      (run: () => Promise<void>) => {
        const inner = bootstrap([new DeclarativeWorker({ name: "i", worker: run })], { logger: silent, shutdownTimeout: "1h" });
        return new DeclarativeWorker({ name: "r", worker: inner });
      },
    ],
  ] as const) {
    it(`leaves no timer behind if a worker hangs in ${what}, and the runner can run again once it stops`, async () => {
      const one = new Stubborn();
      const runner = bootstrap([source(one.run)], { logger: silent, signals: [], shutdownTimeout: "5s" });
      const first = watch(runner.run());
      void runner.stop();
      await clock.tickAsync("00:06");
      expect(first.outcome).to.have.property("name", "ShutdownTimeoutError");
      expect(clock.countTimers()).to.equal(0);
      one.end();
      await clock.tickAsync(0);
      const second = watch(runner.run());
      await clock.tickAsync(0);
      expect([one.starts, second.outcome]).to.deep.equal([2, "pending"]);
      void runner.stop();
      one.end();
      await clock.tickAsync(0);
      expect(second.outcome).to.equal("resolved");
    });
  }

  it("does not end the outer runner if an empty inner runner has a signal that has aborted", async () => {
    const empty = bootstrap([], { logger: silent, signal: AbortSignal.abort() });
    const sources = [
      new DeclarativeWorker({ name: "w", worker: untilStopped }),
      new DeclarativeWorker({ name: "empty", worker: empty, retry: backoff }),
    ];
    const runner = bootstrap(sources, { logger: silent, signals: [] });
    const running = watch(runner.run());
    await clock.tickAsync("00:35");
    expect([running.outcome, phases(runner).w]).to.deep.equal(["pending", "running"]);
    await runner.stop();
    expect(running.outcome).to.equal("resolved");
  });

  for (const stopOrder of ["all", "reverse"] as const) {
    it(`reports the error of a worker that fails after its timeout but before the others end: ${stopOrder}`, async () => {
      const server = new Stubborn();
      const error = new Error("could not flush");
      const sources = [
        new DeclarativeWorker({ name: "pool", worker: slow(8_000), shutdownTimeout: "20s" }),
        new DeclarativeWorker({ name: "server", worker: server.run, shutdownTimeout: "5s" }),
      ];
      const runner = bootstrap(sources, { logger: silent, signals: [], stopOrder });
      const running = watch(runner.run());
      void runner.stop();
      await clock.tickAsync("00:07");
      server.end(error);
      await clock.tickAsync("00:20");
      expect(running.outcome).to.be.instanceOf(WorkersFailedError).and.to.have.deep.property("errors", [error]);
    });
  }

  it("waits for the shutdown timeout of each worker, whatever wraps it", async () => {
    const patient = (name: string) => new DeclarativeWorker({ name, worker: slow(50_000), shutdownTimeout: "1m" });
    for (const worker of [patient("a"), group(patient("a"), patient("b"))]) {
      const runner = bootstrap([new DeclarativeWorker({ name: "x", worker })], { logger: silent, signals: [] });
      const running = watch(runner.run());
      void runner.stop();
      await clock.tickAsync("01:30");
      expect(running.outcome).to.equal("resolved");
    }
  });

  it("still restarts a source whose restart is pending if its turn to stop has not come", async () => {
    let isUp = false;
    const pool = async ({ signal }: WorkerContext) => {
      isUp = true;
      await stopped(signal);
      await wait("1s");
      isUp = false;
    };
    let wasUp: boolean | undefined;
    const server = async ({ signal }: WorkerContext) => {
      await stopped(signal);
      await wait("10s");
      wasUp = isUp;
    };
    const sources = [
      new DeclarativeWorker({ name: "pool", worker: pool }),
      new DeclarativeWorker({ name: "server", worker: server }),
    ];
    const runner = bootstrap(sources, { logger: silent, signals: [], stopOrder: "reverse" });
    const running = watch(runner.run());
    void runner.restart("pool").catch(() => {});
    void runner.stop();
    await clock.tickAsync("00:20");
    expect([wasUp, isUp, running.outcome, clock.countTimers()]).to.deep.equal([true, false, "resolved", 0]);
  });

  it("is published once, also for a command, and not for workers that have ended", async () => {
    const events: string[] = [];
    const unsubscribes = [
      observe("watchbill:stop", () => events.push("stop")),
      observe("watchbill:hung", ({ worker, hungFor }) => events.push(`${worker} hangs for ${hungFor}`)),
    ];
    const over = bootstrap([new DeclarativeWorker({ name: "d", worker: () => Promise.reject(new DoNotRestart()) })], {
      logger: silent,
    });
    await over.run();
    await over.stop();
    const one = new Stubborn();
    const runner = bootstrap([new DeclarativeWorker({ name: "h", worker: one.run, shutdownTimeout: "1s" })], { logger: silent });
    void runner.run();
    void runner.restart("h").catch(() => {});
    await clock.tickAsync("00:02");
    expect(events).to.deep.equal(["h hangs for 1000"]);
    for (const unsubscribe of unsubscribes) unsubscribe();
    void runner.stop();
    one.end();
    await clock.tickAsync(0);
  });

  it("keeps a worker completed that throws DoNotRestart while it is stopped for a pause", async () => {
    let starts = 0;
    const worker = async ({ signal }: WorkerContext) => {
      starts++;
      await stopped(signal);
      throw new DoNotRestart("the license has expired");
    };
    const sources = [new DeclarativeWorker({ name: "a", worker }), new DeclarativeWorker({ name: "b", worker: untilStopped })];
    const runner = bootstrap(sources, { logger: silent, signals: [] });
    void runner.run();
    await runner.pause("a");
    expect(() => runner.resume("a")).to.throw("a cannot be resumed: it has completed; restart it to run it again");
    expect([starts, phases(runner)]).to.deep.equal([1, { a: "stopped", b: "running" }]);
    await runner.stop();
  });
});

describe("A pause of a job whose attempts fail", () => {
  it("suspends further attempts; resume continues with them, and trigger does not wait for the backoff", async () => {
    const clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    try {
      let attempts = 0;
      const job = () => {
        attempts++;
        throw new Error("HTTP 503");
      };
      const source = new DeclarativeWorker({ name: "j", job, repeat: "1m", retryJob: new StaticBackoff({ sleep: "10m" }) });
      const runner = bootstrap([source], { logger: silent, signals: [] });
      void runner.run();
      await clock.tickAsync("01:01");
      void runner.trigger("j").catch(() => {});
      await clock.tickAsync("1");
      expect(attempts).to.equal(2);
      await runner.restart("j");
      await clock.tickAsync("01:01");
      expect(attempts).to.equal(3);
      await runner.pause("j");
      await clock.tickAsync("02:00:00");
      expect([attempts, runner.status()[0]?.phase]).to.deep.equal([3, "paused"]);
      runner.resume("j");
      await clock.tickAsync("1");
      expect(attempts).to.equal(4);
      await runner.stop();
    } finally {
      clock.restore();
    }
  });
});
