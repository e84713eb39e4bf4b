import { expect } from "chai";
import {
  bootstrap,
  DeclarativeWorker,
  distributed,
  group,
  named,
  repeat,
  retry,
  StaticBackoff,
  type WorkerContext,
  wait,
} from "watchbill";
import { silent, untilStopped, watch } from "../runner/commands.fixture.js";
import { epoch, Simulation } from "./simulation.fixture.js";

describe("The engine of a distributed worker", () => {
  let simulation: Simulation;

  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(() => simulation.restore());

  const job = () => {};

  describe("is the engine of the nearest supervisor that has one:", () => {
    const worker = () => new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true });

    for (const [where, wrap] of [
      ["in a group", () => group(worker())],
      ["in a nested runner", () => bootstrap([worker()], { logger: silent })],
      ["in a worker made with named()", () => named(distributed(repeat("1s", job)), "one")],
      [
        "in a worker made with named() and retry()",
        () => retry(named(distributed(repeat("1s", job)), "one"), new StaticBackoff({ sleep: 0 })),
      ],
    ] as const) {
      it(where, async () => {
        const engine = simulation.fleet.replica();
        const process = simulation.start([new DeclarativeWorker({ name: "outer", worker: wrap() })], "x", { engine });
        await simulation.advance(3_500);
        expect([...engine.participants.keys()].map((name) => name.split("/").at(-1))).to.deep.equal(["one"]);
        expect(simulation.fleet.leasedRuns.length).to.be.within(3, 5);
        await simulation.stop();
        expect(process.run.outcome).to.equal("resolved");
        expect(engine.participants.size).to.equal(0);
      });
    }

    it("in a nested runner with its own engine", async () => {
      const [outer, inner] = [simulation.fleet.replica(), simulation.fleet.replica()];
      const nested = bootstrap([worker()], { logger: silent, engine: inner });
      simulation.start([new DeclarativeWorker({ name: "outer", worker: nested })], "x", { engine: outer });
      await simulation.advance(1_500);
      expect([outer.participants.size, inner.participants.size]).to.deep.equal([0, 1]);
      await simulation.stop();
    });
  });

  it("moves a distributed runner as one worker, which waits on its replica", async () => {
    const at: number[] = [];
    const nested = () => {
      const tick = new DeclarativeWorker({ name: "tick", repeat: "1s", job: () => void at.push(Date.now()) });
      return bootstrap([tick], { logger: silent });
    };
    const [first] = [simulation.fleet.replica(), simulation.fleet.replica()].map((engine) =>
      simulation.start([new DeclarativeWorker({ name: "nested", worker: nested(), distributed: true })], engine.name, { engine }),
    );
    await simulation.advance(3_500);
    expect(simulation.fleet.leasedRuns.map(({ replica }) => replica)).to.deep.equal(["replica-1"]);
    expect(at).to.have.lengthOf(3);
    first?.stop.abort();
    await simulation.advance(2_500);
    expect(simulation.fleet.leasedRuns.map(({ replica }) => replica)).to.deep.equal(["replica-1", "replica-2"]);
    expect(at).to.have.lengthOf(5);
    await simulation.stop();
  });

  it("does not affect pausing the workers of a distributed runner", async () => {
    const at: number[] = [];
    const tick = new DeclarativeWorker({ name: "tick", repeat: "1s", job: () => void at.push(Date.now() - epoch) });
    const nested = bootstrap([tick], { logger: silent });
    const engine = simulation.fleet.replica();
    simulation.start([new DeclarativeWorker({ name: "nested", worker: nested, distributed: true })], "x", { engine });
    await simulation.advance(2_500);
    const paused = watch(nested.pause("tick"));
    await simulation.advance(3_000);
    expect(paused.outcome).to.equal("resolved");
    expect(at).to.deep.equal([1_000, 2_000]);
    nested.resume("tick");
    await simulation.advance(1_000);
    expect(at).to.deep.equal([1_000, 2_000, 6_000]);
    await simulation.stop();
  });

  it("does not see the retries that a run makes itself", async () => {
    let tries = 0;
    const inner = async (context: WorkerContext) => {
      const flaky = () => {
        if (++tries < 3) throw new Error("no");
        return untilStopped(context);
      };
      await Promise.race([retry(flaky, new StaticBackoff({ sleep: "1s" })).run(context), wait("5s")]);
    };
    simulation.replicas(2, { repeat: "1m", retry: new StaticBackoff({ sleep: "1h" }), job: inner });
    await simulation.advance(66_000);
    expect(tries).to.equal(3);
    expect(simulation.times).to.deep.equal([60_000]);
    expect(simulation.fleet.leasedRuns).to.have.lengthOf(2);
  });

  it("is joined again by a worker that is restarted from outside", async () => {
    let joins = 0;
    const engine = simulation.fleet.replica();
    const counting = {
      join: (participant: Parameters<typeof engine.join>[0]) => {
        joins++;
        return engine.join(participant);
      },
    };
    let runs = 0;
    const flaky = () => {
      if (++runs < 3) throw new Error("no");
    };
    const outer = retry(named(distributed(repeat("1s", flaky)), "one"), new StaticBackoff({ sleep: "10ms" }));
    const process = simulation.start([new DeclarativeWorker({ name: "outer", worker: outer })], "x", { engine: counting });
    await simulation.advance(4_500);
    expect([joins, runs]).to.deep.equal([3, 4]);
    const stopped = watch(process.runner.stop());
    await simulation.advance(1);
    expect(stopped.outcome).to.equal("resolved");
  });
});
