import { expect } from "chai";
import { BootstrapError, bootstrap, DeclarativeWorker, StaticBackoff, WorkersFailedError } from "watchbill";
import { untilStopped } from "../runner/orders.fixture.js";
import { Stage } from "./stage.fixture.js";

function fails(): never {
  throw new Error("It is not to be looked at");
}

/** Every look at it throws. */
function trapped(target: object): object {
  const traps = ["get", "has", "getPrototypeOf", "ownKeys", "getOwnPropertyDescriptor", "set", "defineProperty"];
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, fails])));
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Calls back twice, unless it throws. */
function thenable(act: (resolve: () => void) => void): object {
  const then = (resolve: () => void): void => {
    act(resolve);
    act(resolve);
  };
  const method = then.name;
  return { [method]: then };
}

describe("An engine", () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.restore());

  const job = () => {};

  it("that is none is a problem at bootstrap", () => {
    const cure = "give what bullmq() of watchbill/bullmq returns";
    for (const [engine, shown] of [
      [null, "null"],
      [5, "a number"],
      [() => {}, "a function without a name"],
      [{ join: true }, "an object with the key join"],
    ] as const) {
      expect(() => bootstrap([], { engine: engine as never }), shown)
        .to.throw(BootstrapError)
        .with.property("problems")
        .that.includes(`The option engine: ${shown} is no engine: ${cure}`);
    }
  });

  it("is not asked for what is not distributed", async () => {
    const engine = stage.fleet.replica();
    stage.start([new DeclarativeWorker({ name: "local", worker: untilStopped })], "x", { engine });
    await stage.advance(1_000);
    expect(engine.seats.size).to.equal(0);
    await stage.stop();
  });

  for (const thrown of [new Error("no seat is left"), "no seat is left"]) {
    it(`that throws ${typeof thrown === "string" ? "a string" : "an error"} at join fails the worker with it`, async () => {
      const engine = {
        join: () => {
          throw thrown;
        },
      };
      const process = stage.start([new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true })], "x", {
        engine,
      });
      await stage.advance(10);
      expect(process.run.outcome).to.have.nested.property("errors[0].message").that.includes("no seat is left");
      if (thrown instanceof Error) expect(process.run.outcome).to.have.nested.property("errors[0]", thrown);
    });
  }

  const hostile: [string, () => unknown][] = [
    ["a proxy whose traps throw", () => trapped(new Error("x"))],
    ["a proxy that was revoked", () => revoked()],
    ["an error whose message cannot be read", () => Object.defineProperty(new Error("x"), "message", { get: fails })],
    ["a symbol", () => Symbol("x")],
    ["nothing", () => undefined],
  ];
  for (const [what, thrown] of hostile) {
    it(`that throws ${what} at join, or when it is left, fails the worker, whose run ends`, async () => {
      const throws = () => {
        throw thrown();
      };
      const place = { hurry() {}, abandon() {}, leave: throws };
      const engines = [
        { join: throws },
        { join: () => place },
        { join: () => ({ ...place, leave: () => Promise.reject(thrown()) }) },
      ];
      for (const engine of engines) {
        const declared = new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true });
        const process = stage.start([declared], "x", { engine });
        await stage.advance(10);
        process.stop.abort();
        await stage.advance(10);
        expect(process.run.outcome).to.be.instanceOf(WorkersFailedError);
      }
    });
  }

  it("that returns something else when a worker joins fails it, and nothing of that is shown", async () => {
    for (const [returned, shown] of [
      [undefined, "undefined"],
      ["pass5word", "a string"],
      [{ leave() {}, password: "pass5word" }, "an object with the keys leave, password"],
      [trapped({}), "a proxy"],
    ] as const) {
      const engine = { join: () => returned } as never;
      const process = stage.start([new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true })], "x", {
        engine,
      });
      await stage.advance(10);
      expect(process.run.outcome)
        .to.have.nested.property("errors[0].message")
        .that.equals(`The engine returned ${shown} when one joined: let join return an object with hurry, leave and abandon`);
    }
  });

  it("may return any thenable when it is left, and throw when it is hurried or a worker is abandoned", async () => {
    const error = new Error("no luck");
    const throws = () => {
      throw error;
    };
    const leaves: [unknown, string][] = [
      [null, "resolved"],
      [thenable((resolve) => resolve()), "resolved"],
      [thenable(throws), "rejected"],
    ];
    for (const [left, outcome] of leaves) {
      const engine = { join: () => ({ hurry: throws, abandon: throws, leave: () => left }) } as never;
      const process = stage.start([new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true })], "x", {
        engine,
      });
      await stage.advance(10);
      void process.runner.trigger("one").catch(() => {});
      await stage.advance(10);
      expect(process.lines).to.deep.include(["its engine failed", "one", error]);
      process.stop.abort();
      await stage.advance(10);
      if (outcome === "resolved") expect(process.run.outcome).to.equal("resolved");
      else expect(process.run.outcome).to.have.deep.property("errors", [error]);
    }
  });

  it("that throws when a worker that hangs is abandoned keeps the run from nothing", async () => {
    const error = new Error("no luck");
    const place = {
      hurry() {},
      leave: () => new Promise<void>(() => {}),
      abandon() {
        throw error;
      },
    };
    const declared = new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true });
    const process = stage.start([declared], "x", { engine: { join: () => place }, shutdownTimeout: "3s" });
    await stage.advance(10);
    process.stop.abort();
    await stage.advance(3_500);
    expect(process.run.outcome).to.be.instanceOf(Error).with.property("workers").that.deep.equals(["one"]);
    expect(process.lines).to.deep.include(["its engine failed", "one", error]);
  });

  it("is left before the run of the runner settles, however long that takes", async () => {
    let unref = (): void => {};
    Object.assign(stage.fleet.options, { onLeave: () => new Promise<void>((resolve) => (unref = resolve)) });
    const process = stage.replica({ repeat: "1s", job });
    await stage.advance(1_500);
    process.stop.abort();
    await stage.advance(10_000);
    expect(process.run.outcome).to.equal("pending");
    expect(process.engine.seats.size).to.equal(0);
    unref();
    await stage.advance(1);
    expect(process.run.outcome).to.equal("resolved");
  });

  it("that cannot be left in the time of the shutdown has its workers named, and abandons them", async () => {
    Object.assign(stage.fleet.options, { onLeave: () => new Promise<void>(() => {}) });
    const process = stage.replica({ repeat: "1s", job }, { shutdownTimeout: "3s" });
    await stage.advance(1_500);
    process.stop.abort();
    await stage.advance(3_500);
    expect(process.run.outcome).to.be.instanceOf(Error).with.property("workers").that.deep.equals(["one"]);
    expect(process.engine.abandoned).to.deep.equal(["one"]);
  });

  it("that fails to be left fails the worker with that error, unless it has failed already", async () => {
    const error = new Error("the connection is gone");
    Object.assign(stage.fleet.options, { onLeave: () => Promise.reject(error) });
    const process = stage.replica({ repeat: "1s", job });
    await stage.advance(1_500);
    process.stop.abort();
    await stage.advance(1);
    expect(process.run.outcome).to.have.deep.property("errors", [error]);
    const own = new Error("no");
    const other = stage.replica({
      repeat: { interval: "1s", startImmediately: true },
      job: () => {
        throw own;
      },
    });
    await stage.advance(1_000);
    expect(other.run.outcome).to.have.deep.property("errors", [own]);
  });

  it("lets go of a worker that hangs, whose turn runs out for the others", async () => {
    const [first, second] = [
      stage.replica({ repeat: "1m", job: () => new Promise(() => {}) }, { shutdownTimeout: "3s" }),
      stage.replica({ repeat: "1m", job: () => new Promise(() => {}) }, { shutdownTimeout: "3s" }),
    ];
    await stage.advance(61_000);
    second.stop.abort();
    await stage.advance(4_000);
    expect(second.run.outcome).to.be.instanceOf(Error).with.property("workers").that.deep.equals(["one"]);
    expect(second.engine.abandoned).to.deep.equal(["one"]);
    expect(stage.places).to.deep.equal(["2"]);
    // The engine finds that nobody renews the lock.
    stage.forgetRun();
    stage.fleet.lose("one");
    await stage.advance(2_000);
    expect(stage.places).to.deep.equal(["2", "1"]);
    expect(first.run.outcome).to.equal("pending");
  });

  it("may give a turn early: it is waited out there, and the run is not early", async () => {
    Object.assign(stage.fleet.options, { early: 700 });
    stage.replicas(3, { repeat: "10s", job });
    await stage.advance(45_000);
    expect(stage.times).to.deep.equal([10_000, 20_000, 30_000, 40_000]);
  });

  it("may give a turn early in which a worker is told to stop: the run is had by another, once", async () => {
    Object.assign(stage.fleet.options, { early: 5_000 });
    const [, second] = stage.replicas(2, { repeat: "10s", job });
    await stage.advance(7_000);
    expect(stage.fleet.record("one")).to.deep.include({ holder: "replica-2", isHeld: true });
    second?.stop.abort();
    await stage.advance(14_000);
    expect(second?.run.outcome).to.equal("resolved");
    expect(stage.times).to.deep.equal([10_000, 20_000]);
  });

  it("may give a turn early after a backoff: that is not cut short", async () => {
    Object.assign(stage.fleet.options, { early: 700 });
    const fails = () => {
      throw new Error("no");
    };
    stage.replicas(2, {
      repeat: { interval: "1h", startImmediately: true },
      retry: new StaticBackoff({ sleep: "5s" }),
      job: fails,
    });
    await stage.advance(12_000);
    expect(stage.times).to.deep.equal([0, 5_000, 10_000]);
  });
});
