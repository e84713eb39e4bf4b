import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  GiveUp,
  named,
  Repeat,
  Retry,
  Runner,
  retry,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  WorkersFailedError,
} from "watchbill";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "1s" });
const other = new StaticBackoff({ sleep: "1h" });

describe("The default retry of a runner", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("restarts the workers that have none", async () => {
    let runs = 0;
    class Forgetful {
      @Worker
      async listen({ signal }: WorkerContext) {
        if (++runs < 3) throw new Error("no luck");
        await stopped(signal);
      }
    }
    const runner = bootstrap([Forgetful], { logger, signals: [], retry: backoff });
    expect(runner.workers[0]).to.have.property("retry", backoff);
    const running = runner.run();
    await clock.tickAsync(2_000);
    expect(runs).to.equal(3);
    void runner.stop();
    await clock.tickAsync(1);
    await running;
  });

  it("does not apply to workers with a retry of their own, in their chain or of their group, or with restart: never", () => {
    @Retry(other)
    class Grouped {
      @Repeat("1h")
      async poll() {}
    }
    class Own {
      @Repeat("1h")
      @Retry(other)
      async poll() {}

      @Worker({ restart: "never" })
      async once() {}
    }
    const chained = new DeclarativeWorker({
      name: "chained",
      worker: named(
        retry(() => {}, other),
        "inner",
      ),
    });
    const runner = bootstrap([Grouped, Own, chained], { logger, retry: backoff });
    expect(runner.workers.map((worker) => [worker.name, worker.retry])).to.deep.equal([
      ["Grouped/poll", undefined],
      ["Own/poll", other],
      ["Own/once", undefined],
      ["chained", undefined],
    ]);
    expect(runner.workers[3]).to.equal(chained);
  });

  it("applies to added workers, and can be passed to the constructor of Runner", () => {
    const runner = new Runner([new DeclarativeWorker({ name: "a", job() {}, repeat: "1h" })], { logger, retry: backoff });
    runner.add(new DeclarativeWorker({ name: "b", job() {}, repeat: "1h" }));
    expect(runner.workers.map(({ retry: policy }) => policy)).to.deep.equal([backoff, backoff]);
  });

  it("is within the lease of a distributed worker, which is in its status before the run", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 1) throw new Error("no luck");
    };
    const distributed = new DeclarativeWorker({ name: "a", job, repeat: "10s", distributed: true });
    const local = new DeclarativeWorker({ name: "b", job() {}, repeat: "10s" });
    const runner = bootstrap([distributed, local], { logger, signals: [], retry: backoff });
    expect(runner.status().map((row) => Object.hasOwn(row, "holder"))).to.deep.equal([true, false]);
    expect(runner.status()[0]).to.include({ holder: null });
    const running = runner.run();
    await clock.tickAsync(10_000);
    expect(runner.status()[0]).to.include({ phase: "backoff", attempt: 1 });
    expect(runner.status()[0]?.holder).to.include({ pid: process.pid });
    await clock.tickAsync(20_000);
    expect(runner.status()[0]).to.include({ phase: "waiting", health: "ok" });
    void runner.stop();
    await clock.tickAsync(1);
    await running;
  });

  it("leaves the workers of a class in their group", () => {
    class Feed {
      @Repeat("1h")
      poll() {}
    }
    const runner = bootstrap([Feed], { logger, retry: backoff });
    expect(runner.status()[0]).to.include({ name: "Feed/poll", group: "Feed" });
  });

  it("keeps every other field of a worker", () => {
    const declared = { name: "a", job() {}, repeat: "1h", timeout: "1m", retryJob: backoff, distributed: true } as const;
    const [worker] = bootstrap([new DeclarativeWorker({ ...declared, shutdownTimeout: "5s" })], {
      logger,
      retry: backoff,
    }).workers;
    const expected = Object.assign({}, new DeclarativeWorker({ ...declared, shutdownTimeout: "5s" }), { retry: backoff });
    expect(worker).to.deep.include(expected);
  });

  it("gives up on a continuous worker that throws GiveUp", async () => {
    const failure = new GiveUp("the license has expired");
    const runner = bootstrap([new DeclarativeWorker({ name: "a", worker: () => Promise.reject(failure) })], {
      logger,
      signals: [],
      retry: backoff,
    });
    const outcome = runner.run().catch((error: unknown) => error);
    await clock.tickAsync(1);
    expect(await outcome)
      .to.be.instanceOf(WorkersFailedError)
      .with.deep.property("errors", [failure]);
  });

  it("is rejected together with other invalid options", () => {
    expect(() => bootstrap([], { retry: { backoff: "1s" } as never })).to.throw(/The option retry: a string is not a backoff/);
  });
});

describe("Adding workers one at a time", () => {
  /** The CPU time for adding that many workers to a running runner, in ms. */
  async function timeToAdd(count: number): Promise<number> {
    const runner = bootstrap([new DeclarativeWorker({ name: "first", job() {}, repeat: "1h" })], { logger, signals: [] });
    const running = runner.run();
    const workers = Array.from({ length: count }, (_, i) => new DeclarativeWorker({ name: `w${i}`, job() {}, repeat: "1h" }));
    const begun = process.cpuUsage();
    for (const worker of workers) runner.add(worker);
    const { user, system } = process.cpuUsage(begun);
    await runner.stop();
    await running;
    return (user + system) / 1_000;
  }

  it("takes constant time per worker", async () => {
    await timeToAdd(2_000);
    const [few, many] = [await timeToAdd(2_000), await timeToAdd(20_000)];
    // Ten times as many; a cost that grows with the number of workers would make it a hundred times.
    expect(many / few).to.be.below(40);
  }).timeout(60_000);
});
