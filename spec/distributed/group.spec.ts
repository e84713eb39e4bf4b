import { expect } from "chai";
import { bootstrap, Distributed, Repeat, Retry, StaticBackoff, stopped, Worker, type WorkerContext, wait } from "watchbill";
import { silent } from "../runner/commands.fixture.js";
import { Simulation } from "./simulation.fixture.js";

describe("A group with distributed workers", () => {
  let simulation: Simulation;

  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(() => simulation.restore());

  it("restarts in its process, while its distributed workers continue on another replica", async () => {
    const runs: [number, string][] = [];
    const begun = Date.now();

    @Retry(new StaticBackoff({ sleep: "10m" }))
    class Feed {
      readonly where: string;
      fails = false;

      constructor(where: string) {
        this.where = where;
      }

      @Distributed
      @Repeat("1m")
      sync() {
        runs.push([(Date.now() - begun) / 1_000, this.where]);
      }

      @Worker
      async listen({ signal }: WorkerContext) {
        await wait("150s", { signal });
        if (this.fails) throw new Error("no");
        await stopped(signal);
      }
    }

    const feeds = ["1", "2"].map((where) => new Feed(where));
    const processes = feeds.map((feed) => {
      const engine = simulation.fleet.replica();
      return { engine, ...simulation.start([feed], engine.name, { engine, logger: silent }) };
    });
    for (const feed of feeds) feed.fails = feed.where === "1";
    await simulation.advance(500_000);
    expect(runs).to.deep.equal([
      [60, "2"],
      [120, "1"],
      [180, "2"],
      [240, "2"],
      [300, "2"],
      [360, "2"],
      [420, "2"],
      [480, "2"],
    ]);
    expect(processes.map(({ engine }) => engine.participants.size)).to.deep.equal([0, 1]);
    // It has left the engine, and could not inform the other replica.
    const paused = processes[0]?.runner.pause("Feed/sync");
    expect(String(await paused?.catch((error: unknown) => error))).to.equal(
      "WorkerNotRunningError: Feed/sync cannot be paused: its group is being restarted",
    );
    for (const feed of feeds) feed.fails = false;
    await simulation.advance(400_000);
    expect(processes.map(({ engine }) => engine.participants.size)).to.deep.equal([1, 1]);
    expect(runs.map(([at]) => at).slice(8)).to.deep.equal([540, 600, 660, 720, 780, 840, 900].filter((at) => at < 900));
    expect(new Set(runs.slice(-4).map(([, where]) => where))).to.deep.equal(new Set(["1", "2"]));
    await simulation.stop();
    expect(processes.map(({ run }) => run.outcome)).to.deep.equal(["resolved", "resolved"]);
  });

  it("has workers whose names include the class", () => {
    class Feed {
      @Distributed
      @Repeat("1m")
      sync() {}
    }
    expect(bootstrap([Feed], { engine: simulation.fleet.replica() }).workers.map(({ name }) => name)).to.deep.equal([
      "Feed/sync",
    ]);
  });
});
