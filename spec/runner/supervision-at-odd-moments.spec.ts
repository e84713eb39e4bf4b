import { getEventListeners } from "node:events";
import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  group,
  named,
  Repeat,
  Retry,
  retry,
  runAllWorkers,
  StaticBackoff,
  StopAll,
  stopped,
  Worker,
  type WorkerContext,
  wait,
} from "watchbill";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "1s" });
const untilStopped = ({ signal }: WorkerContext) => stopped(signal);

describe("Supervision at unusual moments", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: Date.UTC(2026, 10, 24), toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await clock.tickAsync("24:00:00");
    clock.restore();
  });

  const quiet = (running: Promise<void>) =>
    running.then(
      () => undefined,
      (error: unknown) => error,
    );

  const start = (sources: object[], options = {}) => {
    const runner = bootstrap(sources, { logger, signal: stop.signal, ...options });
    return { runner, ending: quiet(runner.run()) };
  };

  /** Counts the starts, the runs in progress, and the maximum of those. */
  const counted = (stopping: "0s" | "10s" | "1h" = "0s") => {
    const counts = { starts: 0, running: 0, most: 0 };
    const work = async (context: WorkerContext) => {
      counts.starts++;
      counts.most = Math.max(counts.most, ++counts.running);
      await untilStopped(context);
      if (stopping !== "0s") await wait(stopping);
      counts.running--;
    };
    return Object.assign(work, { counts });
  };

  const failing = async ({ signal }: WorkerContext) => {
    await wait("1s", { signal });
    if (!signal.aborted) throw new Error("no luck");
  };

  it("a group is not restarted before all its workers have stopped, whatever their shutdownTimeout", async () => {
    const hung = counted("1h");
    const member = new DeclarativeWorker({ name: "hung", worker: hung, shutdownTimeout: "1s" });
    void quiet(runAllWorkers([retry(group(member, failing), backoff)], { signal: stop.signal, logger }));
    await clock.tickAsync("01:00");
    expect(hung.counts).to.deep.equal({ starts: 1, running: 1, most: 1 });
  });

  it("a runner can be a member of a group, or of runAllWorkers", async () => {
    const work = counted();
    const inner = bootstrap([new DeclarativeWorker({ name: "a", worker: work })], { logger });
    const ending = quiet(runAllWorkers([group(inner)], { signal: stop.signal, logger }));
    await clock.tickAsync("1");
    stop.abort();
    expect(await ending).to.equal(undefined);
    expect(work.counts.starts).to.equal(1);
  });

  it("a runner in runAllWorkers releases its signal, and can run again after that", async () => {
    const inner = bootstrap([new DeclarativeWorker({ name: "a", worker: untilStopped })], { logger, signal: stop.signal });
    const once = new AbortController();
    const ending = quiet(runAllWorkers([inner], { signal: once.signal, logger }));
    once.abort();
    await ending;
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
    const again = quiet(inner.run());
    stop.abort();
    expect(await again).to.equal(undefined);
  });

  it("remove() stops the last worker of a class with @Retry", async () => {
    const work = counted();
    @Retry(backoff)
    class Feed {
      @Worker
      a(context: WorkerContext) {
        return work(context);
      }
    }
    const { runner } = start([Feed, new DeclarativeWorker({ name: "other", worker: untilStopped })]);
    await runner.remove("Feed/a");
    expect(work.counts.running).to.equal(0);
  });

  it("a worker of a class with @Retry that is removed and added again runs, and the others run once", async () => {
    const [a, b] = [counted(), counted()];
    @Retry(backoff)
    class Feed {
      @Worker
      a(context: WorkerContext) {
        return a(context);
      }

      @Worker
      b(context: WorkerContext) {
        return b(context);
      }
    }
    const { runner } = start([Feed]);
    const [first = {}] = runner.workers;
    await runner.remove("Feed/a");
    runner.add(first);
    await clock.tickAsync("1");
    expect({ a: a.counts, b: b.counts }).to.deep.equal({
      a: { starts: 2, running: 1, most: 1 },
      b: { starts: 1, running: 1, most: 1 },
    });
  });

  it("a group with a paused worker keeps restarting when another throws synchronously", async () => {
    let starts = 0;
    @Retry(backoff)
    class Feed {
      @Worker
      a(context: WorkerContext): unknown {
        // The first failure is asynchronous, later ones are synchronous.
        if (starts++ === 0) return failing(context);
        throw new Error("no luck");
      }

      @Worker
      b(context: WorkerContext) {
        return untilStopped(context);
      }
    }
    const { runner, ending } = start([Feed]);
    await runner.pause("Feed/b");
    await clock.tickAsync("01:00");
    expect(starts).to.be.greaterThan(10);
    stop.abort();
    await clock.tickAsync("01:00");
    expect(await ending).to.equal(undefined);
  });

  for (const [what, source] of [
    ["a retried worker", (work: () => Promise<never>) => new DeclarativeWorker({ name: "dog", worker: work, retry: backoff })],
    [
      "a worker of a class with @Retry",
      (work: () => Promise<never>) => {
        @Retry(backoff)
        class Dog {
          @Worker
          watch() {
            return work();
          }

          @Worker
          listen(context: WorkerContext) {
            return untilStopped(context);
          }
        }
        return Dog;
      },
    ],
  ] as const) {
    it(`${what} that has thrown StopAll is not restarted, even in reverse stop order`, async () => {
      let starts = 0;
      const work = async () => {
        starts++;
        await wait("1s");
        throw new StopAll("the license has expired");
      };
      start([source(work), new DeclarativeWorker({ name: "slow", worker: counted("10s") })], { stopOrder: "reverse" });
      await clock.tickAsync("01:00");
      expect(starts).to.equal(1);
    });
  }

  it("each worker that delays the restart of its group is warned about after its own shutdown timeout", async () => {
    const warn = sinon.spy();
    @Retry(backoff)
    class Feed {
      @Worker({ shutdownTimeout: "1s" })
      a(context: WorkerContext) {
        return counted("1h")(context);
      }

      @Worker({ shutdownTimeout: "10s" })
      b(context: WorkerContext) {
        return counted("1h")(context);
      }

      @Worker
      c(context: WorkerContext) {
        return failing(context);
      }
    }
    start([Feed], { logger: { ...logger, warn } });
    await clock.tickAsync("01:00");
    expect(warn.args.flatMap(([{ err }]) => err?.workers ?? [])).to.include.members(["Feed/a", "Feed/b"]);
  });

  it("a worker that has stopped late, but before the error is created, is not in it", async () => {
    const late = new DeclarativeWorker({ name: "late", worker: counted("10s"), shutdownTimeout: "1s" });
    const { ending } = start([late, new DeclarativeWorker({ name: "hung", worker: counted("1h") })]);
    stop.abort();
    await clock.tickAsync("01:00");
    expect(await ending).to.have.deep.property("hung", [{ worker: "hung", phase: "running", hungFor: 25_000 }]);
  });

  it("attempt is reset in the row of a worker whose group has stayed up for resetAfter", async () => {
    let starts = 0;
    @Retry(backoff)
    class Feed {
      @Worker
      a(context: WorkerContext) {
        return starts++ === 0 ? failing(context) : untilStopped(context);
      }
    }
    const { runner } = start([Feed]);
    await clock.tickAsync("05:00");
    expect(runner.status()[0]).to.include({ phase: "running", attempt: 0 });
  });

  it("stopping a group that stops in order to restart is not a failure", async () => {
    @Retry(backoff)
    class Feed {
      @Worker
      a(context: WorkerContext) {
        return failing(context);
      }

      @Worker
      b(context: WorkerContext) {
        return counted("10s")(context);
      }
    }
    const { ending } = start([Feed]);
    await clock.tickAsync("2");
    stop.abort();
    await clock.tickAsync("20");
    expect(await ending).to.equal(undefined);
  });

  it("a worker that ended with DoNotRestart is never restarted, not even by the retry of its group", async () => {
    let imports = 0;
    const importer = async () => {
      imports++;
      throw new DoNotRestart("all imported");
    };
    void quiet(runAllWorkers([retry(group(importer, failing), backoff)], { signal: stop.signal, logger }));
    await clock.tickAsync("01:00");
    expect(imports).to.equal(1);
  });

  it("the row of a worker that is a group counts its failures and shows that it is firing", async () => {
    const feed = new DeclarativeWorker({ name: "feed", worker: group(named(failing, "a"), untilStopped), retry: backoff });
    const { runner } = start([feed]);
    await clock.tickAsync("8");
    expect(runner.status()[0]).to.include({ health: "firing", failures: 4 });
  });

  it("a worker that is added or restarted while the runner starts runs once at a time", async () => {
    const [added, restarted] = [counted(), counted()];
    const meddler = (context: WorkerContext) => {
      runner.add(new DeclarativeWorker({ name: "added", worker: added }));
      void runner.restart("other").catch(() => {});
      return untilStopped(context);
    };
    const workers = [
      new DeclarativeWorker({ name: "meddler", worker: meddler }),
      new DeclarativeWorker({ name: "other", worker: restarted }),
    ];
    const runner = bootstrap(workers, { logger, signal: stop.signal });
    const settled = sinon.spy();
    void quiet(runner.run()).then(settled);
    await clock.tickAsync("1");
    expect({ added: added.counts.most, restarted: restarted.counts.most }).to.deep.equal({ added: 1, restarted: 1 });
    stop.abort();
    await clock.tickAsync("1");
    expect(settled.callCount).to.equal(1);
  });

  it("removing the last worker does not end the run; another one can be added and starts", async () => {
    const work = counted();
    const { runner } = start([new DeclarativeWorker({ name: "a", worker: untilStopped })]);
    await runner.remove("a");
    runner.add(new DeclarativeWorker({ name: "b", worker: work }));
    await clock.tickAsync("1");
    expect(work.counts.running).to.equal(1);
  });

  it("hungFor is measured from when the worker was asked to stop, even by its group", async () => {
    @Retry(backoff)
    class Feed {
      @Worker
      a(context: WorkerContext) {
        return failing(context);
      }

      @Worker
      b(context: WorkerContext) {
        return counted("1h")(context);
      }

      @Repeat("1m")
      tick() {}
    }
    const { ending } = start([Feed], { shutdownTimeout: "1m" });
    await clock.tickAsync("11");
    stop.abort();
    await clock.tickAsync("01:00");
    expect(await ending).to.have.deep.property("hung", [{ worker: "Feed/b", phase: "running", hungFor: 70_000 }]);
  });

  it("run() rejects while a run continues whose workers have all been removed", async () => {
    const { runner } = start([new DeclarativeWorker({ name: "a", worker: untilStopped })]);
    await runner.remove("a");
    const second = quiet(runner.run());
    stop.abort();
    expect(await second).to.have.property("name", "RunnerBusyError");
  });
});
