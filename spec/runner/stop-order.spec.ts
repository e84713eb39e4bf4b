import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  BootstrapError,
  type BootstrapOptions,
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  DoNotRestart,
  group,
  named,
  Repeat,
  Retry,
  StaticBackoff,
  StopAll,
  stopped,
  Worker,
  type WorkerContext,
  WorkersFailedError,
  wait,
} from "watchbill";
import { watch } from "./commands.fixture.js";

const epoch = Date.UTC(2026, 10, 24);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "1s" });

describe("The stop order of a runner", () => {
  let clock: SinonFakeTimers;
  let stop: AbortController;
  /** When each worker was asked to stop and when it had stopped, in s after the stop: "0 >a", "5 -a". */
  let log: string[];
  let stoppedAt: number;

  beforeEach(() => {
    clock = useFakeTimers({ now: epoch, toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    log = [];
    stoppedAt = epoch;
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  const write = (what: string) => log.push(`${(Date.now() - stoppedAt) / 1_000} ${what}`);

  /** Runs until it is asked to stop, and then takes that long. */
  const stoppingAfter = (seconds: number) =>
    async function work({ signal, name }: WorkerContext) {
      await stopped(signal);
      write(`>${name}`);
      if (seconds > 0) await wait(seconds * 1_000);
      write(`-${name}`);
    };

  const worker = (name: string, seconds: number, options: DeclarativeWorkerOptions = {}) =>
    new DeclarativeWorker({ name, worker: stoppingAfter(seconds), ...options });

  class Web {
    @Worker
    http(context: WorkerContext) {
      return stoppingAfter(2)(context);
    }

    @Worker
    ws(context: WorkerContext) {
      return stoppingAfter(3)(context);
    }
  }

  function start(sources: object[], options: BootstrapOptions = {}) {
    const runner = bootstrap(sources, { logger, signal: stop.signal, stopOrder: "reverse", ...options });
    return {
      runner,
      ending: runner.run().then(
        () => undefined,
        (error: unknown) => error,
      ),
    };
  }

  async function stopNow() {
    stoppedAt = Date.now();
    stop.abort();
    await clock.tickAsync("10:00");
    return log;
  }

  it("is source by source from the last: the workers of one stop together, and the next follows once they have", async () => {
    class Api extends Web {}
    const { ending } = start([Api, worker("store", 1), Web, worker("queue", 4)]);
    await clock.tickAsync("1");
    expect(await stopNow()).to.deep.equal([
      ...["0 >queue", "4 -queue"],
      ...["4 >Web/http", "4 >Web/ws", "6 -Web/http", "7 -Web/ws"],
      ...["7 >store", "8 -store"],
      ...["8 >Api/http", "8 >Api/ws", "10 -Api/http", "11 -Api/ws"],
    ]);
    expect(await ending).to.equal(undefined);
  });

  it("lets a worker be restarted that stops for that before its turn, and not after it", async () => {
    const { runner, ending } = start([Web, worker("queue", 4)]);
    await clock.tickAsync("1");
    const restarts = [watch(runner.restart("Web/http")), watch(runner.restart("queue"))];
    expect(await stopNow()).to.deep.equal([
      ...["0 >Web/http", "0 >queue", "2 -Web/http", "4 -queue"],
      ...["4 >Web/http", "4 >Web/ws", "6 -Web/http", "7 -Web/ws"],
    ]);
    expect(restarts.map(({ outcome }) => String(outcome))).to.deep.equal([
      "WorkerNotRunningError: Web/http cannot be restarted: the runner was stopped meanwhile",
      "WorkerNotRunningError: queue cannot be restarted: the runner was stopped meanwhile",
    ]);
    expect(await ending).to.equal(undefined);
  });

  it('is all at once by default and with "all"', async () => {
    for (const stopOrder of [undefined, "all"] as const) {
      log = [];
      stop = new AbortController();
      const { ending } = start([worker("store", 1), Web, worker("queue", 4)], { stopOrder });
      expect((await stopNow()).slice(0, 4)).to.have.members(["0 >store", "0 >Web/http", "0 >Web/ws", "0 >queue"]);
      expect(log.slice(4)).to.deep.equal(["1 -store", "2 -Web/http", "3 -Web/ws", "4 -queue"]);
      expect(await ending).to.equal(undefined);
    }
  });

  it("lets earlier sources continue until their turn, including runs, restarts and retried failures", async () => {
    class Store {
      @Repeat("1s")
      flush({ signal }: WorkerContext) {
        write(signal.aborted ? "flush aborted" : "flush");
      }

      @Worker
      @Retry(new StaticBackoff({ sleep: "2s" }))
      async compact({ signal, attempt }: WorkerContext) {
        write(`compact ${attempt}`);
        await wait("500ms", { signal });
        if (signal.aborted) return;
        throw new Error("nothing to compact");
      }
    }
    const { ending } = start([Store, worker("queue", 4)]);
    expect((await stopNow()).join(", ")).to.equal(
      "0 compact 0, 0 >queue, 1 flush, 2 flush, 2.5 compact 1, 3 flush, 4 flush, 4 -queue",
    );
    expect(await ending).to.equal(undefined);
  });

  it("is the same whether a failure, a StopAll or stop() stops the runner", async () => {
    const failure = new Error("disk full");
    const ender = (error: Error) => named(() => wait("1s").then(() => Promise.reject(error)), "ender");
    for (const [what, error] of [
      ["a failure", failure],
      ["StopAll", new StopAll("the license has expired")],
      ["stop()", undefined],
    ] as const) {
      log = [];
      stoppedAt = Date.now() + 1_000;
      const middle = new DeclarativeWorker({ name: "middle", worker: error ? ender(error) : stoppingAfter(0) });
      const { runner, ending } = start([worker("first", 1), middle, worker("last", 2)]);
      await clock.tickAsync("1");
      if (error === undefined) void runner.stop();
      await clock.tickAsync("10");
      expect(
        log.filter((line) => !line.endsWith("middle")),
        what,
      ).to.deep.equal(["0 >last", "2 -last", "2 >first", "3 -first"]);
      if (error === failure) expect(await ending).to.deep.include({ errors: [failure], workers: ["middle"] });
      else expect(await ending).to.equal(undefined);
    }
  });

  it("continues if an earlier source fails before its turn to stop, and the error is in the outcome", async () => {
    const failure = new Error("disk full");
    const failing = new DeclarativeWorker({ name: "failing", worker: () => wait("1s").then(() => Promise.reject(failure)) });
    const errors: unknown[] = [];
    const { ending } = start([worker("store", 1), failing, worker("queue", 4)], {
      logger: { ...logger, error: (...entry: unknown[]) => void errors.push(entry) },
    });
    expect(await stopNow()).to.deep.equal(["0 >queue", "4 -queue", "4 >store", "5 -store"]);
    expect(await ending)
      .to.be.instanceOf(WorkersFailedError)
      .that.deep.includes({ errors: [failure] });
    expect(errors).to.deep.equal([[{ worker: "failing", err: failure }, "failed before its turn to stop"]]);
  });

  it("skips sources that have ended, are paused or in a backoff, without delay", async () => {
    class Failing {
      @Worker
      @Retry(new StaticBackoff({ sleep: "1d" }))
      fail() {
        throw new Error("no luck");
      }
    }
    const done = new DeclarativeWorker({ name: "done", worker: () => Promise.reject(new DoNotRestart()) });
    const { runner, ending } = start([worker("store", 1), done, Failing, worker("paused", 0), worker("queue", 2)]);
    await runner.pause("paused");
    log = [];
    expect(await stopNow()).to.deep.equal(["0 >queue", "2 -queue", "2 >store", "3 -store"]);
    expect(await ending).to.equal(undefined);
  });

  it("treats a class that restarts together as one source, which still restarts until its turn", async () => {
    @Retry(backoff)
    class Feed extends Web {
      @Worker
      async failing({ signal }: WorkerContext) {
        await wait("10s", { signal });
        if (signal.aborted) return;
        write("failed");
        throw new Error("no luck");
      }
    }
    const { ending } = start([worker("store", 0), Feed, worker("queue", 15)]);
    expect(await stopNow()).to.deep.equal([
      "0 >queue",
      ...["10 failed", "10 >Feed/http", "10 >Feed/ws", "12 -Feed/http", "13 -Feed/ws"],
      "15 -queue",
      ...["15 >Feed/http", "15 >Feed/ws", "17 -Feed/http", "18 -Feed/ws"],
      ...["18 >store", "18 -store"],
    ]);
    expect(await ending).to.equal(undefined);
  });

  it("within one worker is its own: a group stops at once, a nested runner in its own order", async () => {
    const inner = bootstrap([worker("a", 1), worker("b", 1)], { logger, stopOrder: "reverse" });
    const pair = group(named(stoppingAfter(1), "c"), named(stoppingAfter(1), "d"));
    const { ending } = start([
      new DeclarativeWorker({ name: "pair", worker: pair }),
      new DeclarativeWorker({ name: "inner", worker: inner }),
    ]);
    expect(await stopNow()).to.deep.equal([
      ...["0 >inner/b", "1 -inner/b", "1 >inner/a", "2 -inner/a"],
      ...["2 >pair/c", "2 >pair/d", "3 -pair/c", "3 -pair/d"],
    ]);
    expect(await ending).to.equal(undefined);
  });

  it("starts with the sources that were added last", async () => {
    const { runner, ending } = start([worker("store", 1)]);
    runner.add(new Web());
    runner.add(worker("queue", 4));
    expect(await stopNow()).to.deep.equal([
      ...["0 >queue", "4 -queue"],
      ...["4 >Web/http", "4 >Web/ws", "6 -Web/http", "7 -Web/ws"],
      ...["7 >store", "8 -store"],
    ]);
    expect(await ending).to.equal(undefined);
  });

  it("makes stop() wait for all sources, and rejects add() meanwhile", async () => {
    const { runner, ending } = start([worker("store", 1), worker("queue", 4)]);
    const stopping = runner.stop().then(() => write("stop() resolved"));
    await clock.tickAsync("2");
    expect(() => runner.add(worker("late", 0))).to.throw("late cannot be added: the runner is being stopped");
    await clock.tickAsync("10");
    await Promise.all([stopping, ending]);
    expect(log).to.deep.equal(["0 >queue", "4 -queue", "4 >store", "5 -store", "5 stop() resolved"]);
  });

  for (const [order, shown] of [
    ["backwards", "'backwards'"],
    [null, "null"],
    [true, "true"],
  ] as const) {
    it(`cannot be ${shown}`, () => {
      expect(() => bootstrap([Web], { stopOrder: order as never }))
        .to.throw(BootstrapError)
        .with.deep.property("problems", [`The option stopOrder: ${shown} is not a stop order: use "all" or "reverse"`]);
    });
  }
});
