import { expect } from "chai";
import { bootstrap, DeclarativeWorker, Named, Repeat, Retry, Runner, StaticBackoff, type WorkerContext, wait } from "watchbill";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

@Named("shop")
@Retry(new StaticBackoff({ sleep: "1h" }))
class Shop {
  @Repeat("1h")
  orders() {}

  @Repeat("1h")
  stock() {}
}

const job = (name: string): DeclarativeWorker => new DeclarativeWorker({ name, job: () => {}, repeat: "1h" });

describe("The status of some workers of a runner", () => {
  it("has the rows of their names, in that order, as in the status of all", async () => {
    const runner = bootstrap([Shop, job("b"), job("c")], { logger: silent, signals: [] });
    const check = (): void => {
      const withoutTimes = { healthSince: 0, nextDue: 0, lastStart: 0, lastSuccess: 0 };
      const all = new Map(runner.status().map((row) => [row.name, { ...row, ...withoutTimes }]));
      const names = ["c", "shop/stock", "b"];
      const rows = runner.status(new Set(names)).map((row) => ({ ...row, ...withoutTimes }));
      expect(rows).to.deep.equal(names.map((name) => all.get(name)));
    };
    check();
    const ended = runner.run();
    check();
    await runner.trigger("shop/stock");
    await runner.pause("c", { by: "ada" });
    check();
    runner.add(job("d"));
    expect(runner.status(["d"])[0]).to.include({ name: "d", phase: "waiting" });
    await runner.stop();
    await ended;
    check();
  });

  it("leaves out names without a worker", () => {
    const runner = new Runner([job("a")]);
    expect(runner.status(["x", "a", "__proto__"]).map(({ name }) => name)).to.deep.equal(["a"]);
    expect(runner.status([])).to.deep.equal([]);
  });

  it("takes no longer for ten of 20,000 workers than for ten of 20", async () => {
    const time = async (count: number): Promise<number> => {
      const runner = new Runner(
        Array.from({ length: count }, (_, index) => job(`job ${index}`)),
        { logger: silent, signals: [] },
      );
      const ended = runner.run();
      const names = Array.from({ length: 10 }, (_, index) => `job ${index}`);
      runner.status(names);
      const { user } = process.cpuUsage();
      for (let call = 0; call < 500; call++) runner.status(names);
      const taken = process.cpuUsage().user - user;
      await runner.stop();
      await ended;
      return taken;
    };
    await time(20);
    const few = await time(20);
    expect(await time(20_000)).to.be.below(20 * few + 20_000);
  });
});

describe("The state of a runner", () => {
  it("is stopped, running, stopping and stopped again", async () => {
    const worker = async ({ signal }: WorkerContext): Promise<void> => {
      await wait("1h", { signal }).catch(() => {});
      await wait("5ms", { signal: new AbortController().signal });
    };
    const runner = new Runner([new DeclarativeWorker({ name: "slow", worker })], { logger: silent, signals: [] });
    expect(runner.state).to.equal("stopped");
    for (let time = 0; time < 2; time++) {
      const ended = runner.run();
      expect(runner.state).to.equal("running");
      const stopped = runner.stop();
      expect(runner.state).to.equal("stopping");
      await Promise.all([stopped, ended]);
      expect(runner.state).to.equal("stopped");
    }
  });
});
