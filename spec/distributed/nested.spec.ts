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
import { silent, untilStopped, watch } from "../runner/orders.fixture.js";
import { epoch, Stage } from "./stage.fixture.js";

describe("The engine of a distributed worker", () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.restore());

  const job = () => {};

  describe("is that of the nearest roster that has one:", () => {
    const worker = () => new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true });

    for (const [told, wrap] of [
      ["in a group", () => group(worker())],
      ["in a nested runner", () => bootstrap([worker()], { logger: silent })],
      ["under a name by hand", () => named(distributed(repeat("1s", job)), "one")],
      [
        "under a name and a retry by hand",
        () => retry(named(distributed(repeat("1s", job)), "one"), new StaticBackoff({ sleep: 0 })),
      ],
    ] as const) {
      it(told, async () => {
        const engine = stage.fleet.replica();
        const process = stage.start([new DeclarativeWorker({ name: "outer", worker: wrap() })], "x", { engine });
        await stage.advance(3_500);
        expect([...engine.seats.keys()].map((name) => name.split("/").at(-1))).to.deep.equal(["one"]);
        expect(stage.fleet.turns.length).to.be.within(3, 5);
        await stage.stop();
        expect(process.run.outcome).to.equal("resolved");
        expect(engine.seats.size).to.equal(0);
      });
    }

    it("in a nested runner that has its own", async () => {
      const [outer, inner] = [stage.fleet.replica(), stage.fleet.replica()];
      const nested = bootstrap([worker()], { logger: silent, engine: inner });
      stage.start([new DeclarativeWorker({ name: "outer", worker: nested })], "x", { engine: outer });
      await stage.advance(1_500);
      expect([outer.seats.size, inner.seats.size]).to.deep.equal([0, 1]);
      await stage.stop();
    });
  });

  it("has a whole roster moved as one worker, which waits where it is", async () => {
    const at: number[] = [];
    const crew = () => {
      const tick = new DeclarativeWorker({ name: "tick", repeat: "1s", job: () => void at.push(Date.now()) });
      return bootstrap([tick], { logger: silent });
    };
    const [first] = [stage.fleet.replica(), stage.fleet.replica()].map((engine) =>
      stage.start([new DeclarativeWorker({ name: "crew", worker: crew(), distributed: true })], engine.name, { engine }),
    );
    await stage.advance(3_500);
    expect(stage.fleet.turns.map(({ replica }) => replica)).to.deep.equal(["replica-1"]);
    expect(at).to.have.lengthOf(3);
    first?.stop.abort();
    await stage.advance(2_500);
    expect(stage.fleet.turns.map(({ replica }) => replica)).to.deep.equal(["replica-1", "replica-2"]);
    expect(at).to.have.lengthOf(5);
    await stage.stop();
  });

  it("has the workers of such a roster paused by themselves", async () => {
    const at: number[] = [];
    const tick = new DeclarativeWorker({ name: "tick", repeat: "1s", job: () => void at.push(Date.now() - epoch) });
    const crew = bootstrap([tick], { logger: silent });
    const engine = stage.fleet.replica();
    stage.start([new DeclarativeWorker({ name: "crew", worker: crew, distributed: true })], "x", { engine });
    await stage.advance(2_500);
    const paused = watch(crew.pause("tick"));
    await stage.advance(3_000);
    expect(paused.outcome).to.equal("resolved");
    expect(at).to.deep.equal([1_000, 2_000]);
    crew.resume("tick");
    await stage.advance(1_000);
    expect(at).to.deep.equal([1_000, 2_000, 6_000]);
    await stage.stop();
  });

  it("does not see what a run repeats and retries by itself", async () => {
    let tries = 0;
    const inner = async (context: WorkerContext) => {
      const flaky = () => {
        if (++tries < 3) throw new Error("no");
        return untilStopped(context);
      };
      await Promise.race([retry(flaky, new StaticBackoff({ sleep: "1s" })).run(context), wait("5s")]);
    };
    stage.replicas(2, { repeat: "1m", retry: new StaticBackoff({ sleep: "1h" }), job: inner });
    await stage.advance(66_000);
    expect(tries).to.equal(3);
    expect(stage.times).to.deep.equal([60_000]);
    expect(stage.fleet.turns).to.have.lengthOf(2);
  });

  it("is joined anew by a worker that is restarted from outside of it", async () => {
    let joins = 0;
    const engine = stage.fleet.replica();
    const counting = {
      join: (seat: Parameters<typeof engine.join>[0]) => {
        joins++;
        return engine.join(seat);
      },
    };
    let runs = 0;
    const flaky = () => {
      if (++runs < 3) throw new Error("no");
    };
    const outer = retry(named(distributed(repeat("1s", flaky)), "one"), new StaticBackoff({ sleep: "10ms" }));
    const process = stage.start([new DeclarativeWorker({ name: "outer", worker: outer })], "x", { engine: counting });
    await stage.advance(4_500);
    expect([joins, runs]).to.deep.equal([3, 4]);
    const stopped = watch(process.runner.stop());
    await stage.advance(1);
    expect(stopped.outcome).to.equal("resolved");
  });
});
