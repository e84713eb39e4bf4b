import { expect } from "chai";
import { BootstrapError, bootstrap, DeclarativeWorker, StaticBackoff, WorkersFailedError } from "watchbill";
import { untilStopped } from "../runner/commands.fixture.js";
import { Simulation } from "./simulation.fixture.js";

function fails(): never {
  throw new Error("must not be accessed");
}

/** A value that throws on every access. */
function trapped(target: object): object {
  const traps = ["get", "has", "getPrototypeOf", "ownKeys", "getOwnPropertyDescriptor", "set", "defineProperty"];
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, fails])));
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** A thenable that resolves twice, unless it throws. */
function thenable(act: (resolve: () => void) => void): object {
  const then = (resolve: () => void): void => {
    act(resolve);
    act(resolve);
  };
  const method = then.name;
  return { [method]: then };
}

describe("An engine", () => {
  let simulation: Simulation;

  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(() => simulation.restore());

  const job = () => {};

  it("of the wrong type is a bootstrap error", () => {
    const hint = "pass what bullmq() of watchbill/bullmq returns";
    for (const [engine, shown] of [
      [null, "null"],
      [5, "a number"],
      [() => {}, "a function without a name"],
      [{ join: true }, "an object with the key join"],
    ] as const) {
      expect(() => bootstrap([], { engine: engine as never }), shown)
        .to.throw(BootstrapError)
        .with.property("problems")
        .that.includes(`The option engine: ${shown} is not an engine: ${hint}`);
    }
  });

  it("is not joined by workers that are not distributed", async () => {
    const engine = simulation.fleet.replica();
    simulation.start([new DeclarativeWorker({ name: "local", worker: untilStopped })], "x", { engine });
    await simulation.advance(1_000);
    expect(engine.participants.size).to.equal(0);
    await simulation.stop();
  });

  for (const thrown of [new Error("the service is full"), "the service is full"]) {
    it(`that throws ${typeof thrown === "string" ? "a string" : "an error"} at join fails the worker with it`, async () => {
      const engine = {
        join: () => {
          throw thrown;
        },
      };
      const process = simulation.start([new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true })], "x", {
        engine,
      });
      await simulation.advance(10);
      expect(process.run.outcome).to.have.nested.property("errors[0].message").that.includes("the service is full");
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
    it(`that throws ${what} from join or leave fails the worker`, async () => {
      const throws = () => {
        throw thrown();
      };
      const registration = { requestRun() {}, release() {}, leave: throws };
      const engines = [
        { join: throws },
        { join: () => registration },
        { join: () => ({ ...registration, leave: () => Promise.reject(thrown()) }) },
      ];
      for (const engine of engines) {
        const declared = new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true });
        const process = simulation.start([declared], "x", { engine });
        await simulation.advance(10);
        process.stop.abort();
        await simulation.advance(10);
        expect(process.run.outcome).to.be.instanceOf(WorkersFailedError);
      }
    });
  }

  it("that returns anything but a registration from join fails the worker, without showing the value", async () => {
    for (const [returned, shown] of [
      [undefined, "undefined"],
      ["pass5word", "a string"],
      [{ leave() {}, password: "pass5word" }, "an object with the keys leave, password"],
      [trapped({}), "a proxy"],
    ] as const) {
      const engine = { join: () => returned } as never;
      const process = simulation.start([new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true })], "x", {
        engine,
      });
      await simulation.advance(10);
      expect(process.run.outcome)
        .to.have.nested.property("errors[0].message")
        .that.equals(
          `The engine returned ${shown} when one joined: return an object with requestRun, leave and release from join`,
        );
    }
  });

  it("can return any thenable from leave, and throw from requestRun and release", async () => {
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
      const engine = { join: () => ({ requestRun: throws, release: throws, leave: () => left }) } as never;
      const process = simulation.start([new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true })], "x", {
        engine,
      });
      await simulation.advance(10);
      void process.runner.trigger("one").catch(() => {});
      await simulation.advance(10);
      expect(process.lines).to.deep.include(["engine failed", "one", error]);
      process.stop.abort();
      await simulation.advance(10);
      if (outcome === "resolved") expect(process.run.outcome).to.equal("resolved");
      else expect(process.run.outcome).to.have.deep.property("errors", [error]);
    }
  });

  it("that throws when it releases a hanging worker does not keep run() from settling", async () => {
    const error = new Error("no luck");
    const registration = {
      requestRun() {},
      leave: () => new Promise<void>(() => {}),
      release() {
        throw error;
      },
    };
    const declared = new DeclarativeWorker({ name: "one", repeat: "1s", job, distributed: true });
    const process = simulation.start([declared], "x", { engine: { join: () => registration }, shutdownTimeout: "3s" });
    await simulation.advance(10);
    process.stop.abort();
    await simulation.advance(3_500);
    expect(process.run.outcome).to.be.instanceOf(Error).with.property("workers").that.deep.equals(["one"]);
    expect(process.lines).to.deep.include(["engine failed", "one", error]);
  });

  it("is left before run() settles, however long that takes", async () => {
    let unref = (): void => {};
    Object.assign(simulation.fleet.options, { onLeave: () => new Promise<void>((resolve) => (unref = resolve)) });
    const process = simulation.replica({ repeat: "1s", job });
    await simulation.advance(1_500);
    process.stop.abort();
    await simulation.advance(10_000);
    expect(process.run.outcome).to.equal("pending");
    expect(process.engine.participants.size).to.equal(0);
    unref();
    await simulation.advance(1);
    expect(process.run.outcome).to.equal("resolved");
  });

  it("that cannot be left within the shutdown timeout has its workers reported and released", async () => {
    Object.assign(simulation.fleet.options, { onLeave: () => new Promise<void>(() => {}) });
    const process = simulation.replica({ repeat: "1s", job }, { shutdownTimeout: "3s" });
    await simulation.advance(1_500);
    process.stop.abort();
    await simulation.advance(3_500);
    expect(process.run.outcome).to.be.instanceOf(Error).with.property("workers").that.deep.equals(["one"]);
    expect(process.engine.released).to.deep.equal(["one"]);
  });

  it("that rejects from leave fails the worker with that error, unless the worker has already failed", async () => {
    const error = new Error("the connection is gone");
    Object.assign(simulation.fleet.options, { onLeave: () => Promise.reject(error) });
    const process = simulation.replica({ repeat: "1s", job });
    await simulation.advance(1_500);
    process.stop.abort();
    await simulation.advance(1);
    expect(process.run.outcome).to.have.deep.property("errors", [error]);
    const own = new Error("no");
    const other = simulation.replica({
      repeat: { interval: "1s", startImmediately: true },
      job: () => {
        throw own;
      },
    });
    await simulation.advance(1_000);
    expect(other.run.outcome).to.have.deep.property("errors", [own]);
  });

  it("releases a worker that hangs; when its lease expires, another replica runs it", async () => {
    const [first, second] = [
      simulation.replica({ repeat: "1m", job: () => new Promise(() => {}) }, { shutdownTimeout: "3s" }),
      simulation.replica({ repeat: "1m", job: () => new Promise(() => {}) }, { shutdownTimeout: "3s" }),
    ];
    await simulation.advance(61_000);
    second.stop.abort();
    await simulation.advance(4_000);
    expect(second.run.outcome).to.be.instanceOf(Error).with.property("workers").that.deep.equals(["one"]);
    expect(second.engine.released).to.deep.equal(["one"]);
    expect(simulation.places).to.deep.equal(["2"]);
    // The lock is no longer renewed, and expires.
    simulation.forgetRun();
    simulation.fleet.lose("one");
    await simulation.advance(2_000);
    expect(simulation.places).to.deep.equal(["2", "1"]);
    expect(first.run.outcome).to.equal("pending");
  });

  it("can lease a worker early: the replica waits until it is due", async () => {
    Object.assign(simulation.fleet.options, { early: 700 });
    simulation.replicas(3, { repeat: "10s", job });
    await simulation.advance(45_000);
    expect(simulation.times).to.deep.equal([10_000, 20_000, 30_000, 40_000]);
  });

  it("can lease a worker early to a replica that then stops: another replica runs it once", async () => {
    Object.assign(simulation.fleet.options, { early: 5_000 });
    const [, second] = simulation.replicas(2, { repeat: "10s", job });
    await simulation.advance(7_000);
    expect(simulation.fleet.record("one")).to.deep.include({ holder: "replica-2", isHeld: true });
    second?.stop.abort();
    await simulation.advance(14_000);
    expect(second?.run.outcome).to.equal("resolved");
    expect(simulation.times).to.deep.equal([10_000, 20_000]);
  });

  it("can lease a worker early after a backoff, which is not shortened", async () => {
    Object.assign(simulation.fleet.options, { early: 700 });
    const fails = () => {
      throw new Error("no");
    };
    simulation.replicas(2, {
      repeat: { interval: "1h", startImmediately: true },
      retry: new StaticBackoff({ sleep: "5s" }),
      job: fails,
    });
    await simulation.advance(12_000);
    expect(simulation.times).to.deep.equal([0, 5_000, 10_000]);
  });
});
