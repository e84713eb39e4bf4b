import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  BootstrapError,
  bootstrap,
  DeclarativeWorker,
  type Newable,
  runProvidedWorkers,
  Worker,
  type WorkerContext,
  WorkerRegistry,
} from "watchbill";

class Fetcher {
  static made = 0;

  constructor() {
    Fetcher.made++;
  }

  @Worker
  watchEvents({ signal }: WorkerContext) {
    return new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
}

class Janitor {
  @Worker
  cleanUp() {}
}

const declared = (name: string) => new DeclarativeWorker({ name, worker() {} });
const namesOf = ({ workers }: WorkerRegistry) => workers.map(({ name }) => name);

describe("A registry", () => {
  beforeEach(() => {
    Fetcher.made = 0;
  });

  it("has the workers of all sources, in the order of their registration", () => {
    const registry = new WorkerRegistry().provide(Fetcher, declared("a")).provide(new Janitor());
    expect(namesOf(registry)).to.deep.equal(["Fetcher/watchEvents", "a", "Janitor/cleanUp"]);
  });

  it("is empty at first", () => {
    expect(new WorkerRegistry().workers).to.deep.equal([]);
  });

  it("creates the instances of classes when its workers are first read", () => {
    const registry = new WorkerRegistry().provide(Fetcher);
    expect(Fetcher.made).to.equal(0);
    expect(registry.workers).to.equal(registry.workers);
    expect(Fetcher.made).to.equal(1);
  });

  it("accepts further sources after its workers were read, and does not create instances twice", () => {
    const registry = new WorkerRegistry().provide(Fetcher);
    expect(namesOf(registry)).to.deep.equal(["Fetcher/watchEvents"]);
    registry.provide(declared("a"));
    expect(namesOf(registry)).to.deep.equal(["Fetcher/watchEvents", "a"]);
    expect(Fetcher.made).to.equal(1);
  });

  it("reports the problems whenever its workers are read", () => {
    const registry = new WorkerRegistry().provide(Fetcher, class Idle {});
    for (let time = 0; time < 2; time++) {
      expect(() => registry.workers)
        .to.throw(BootstrapError)
        .with.deep.property("problems", [
          "Idle has no workers: decorate a method with @Worker or @Repeat, or add a method workers()",
        ]);
    }
    expect(Fetcher.made).to.equal(1);
  });

  it("rejects a source that is passed twice", () => {
    const janitor = new Janitor();
    const worker = declared("a");
    const nameless = () => {};
    const registry = new WorkerRegistry().provide(Fetcher, Fetcher, janitor, janitor, worker, worker, nameless, nameless);
    expect(() => registry.workers)
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Fetcher is passed twice: pass it once",
        "An instance of Janitor is passed twice: pass it once",
        "An instance of DeclarativeWorker is passed twice: pass it once",
        "nameless is a function: pass new DeclarativeWorker({ name, worker })",
        "nameless is passed twice: pass it once",
      ]);
  });

  it("rejects two workers with one name", () => {
    const registry = new WorkerRegistry().provide(
      Fetcher,
      new Fetcher(),
      declared("a"),
      declared("Fetcher/watchEvents"),
      declared("a"),
    );
    expect(() => registry.workers)
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        'Fetcher.watchEvents and Fetcher.watchEvents are both named "Fetcher/watchEvents": rename one of them, for example with @Named((self) => …)',
        'Fetcher.watchEvents and a DeclarativeWorker are both named "Fetcher/watchEvents": rename one of them, for example with @Named((self) => …)',
        'a DeclarativeWorker and a DeclarativeWorker are both named "a": rename one of them, for example with @Named((self) => …)',
      ]);
  });
});

describe("The option resolve", () => {
  it("creates the instances, once for each class, so that any container can be used", () => {
    const asked: Newable[] = [];
    const registry = new WorkerRegistry({
      resolve: (type) => {
        asked.push(type);
        return new type();
      },
    });
    registry.provide(Fetcher, new Janitor());
    expect(namesOf(registry)).to.deep.equal(["Fetcher/watchEvents", "Janitor/cleanUp"]);
    expect(namesOf(registry.provide(declared("a")))).to.have.length(3);
    expect(asked).to.deep.equal([Fetcher]);
  });

  it("can create instances of classes whose constructors require arguments", () => {
    class Configured extends Janitor {
      constructor(readonly interval: string) {
        super();
      }
    }
    const registry = new WorkerRegistry({ resolve: (type) => new type("5s") }).provide(Configured);
    expect(namesOf(registry)).to.deep.equal(["Configured/cleanUp"]);
  });

  const awaited = "it must return the value itself, so await what it needs before bootstrap";
  for (const [resolve, shown] of [
    [() => Promise.reject(new Error("nothing is registered")), `a promise: ${awaited}`],
    // biome-ignore lint/suspicious/noThenProperty: an asynchronous container can return it
    [() => ({ then() {} }), `a promise: ${awaited}`],
    [() => undefined, "undefined: it must return the instance itself"],
    [() => null, "null: it must return the instance itself"],
    [() => "postgres://u:secret@h", "a string: it must return the instance itself"],
    [() => () => new Janitor(), "a function without a name: it must return the instance itself"],
  ] as const) {
    it(`must return the instance itself, not ${shown}`, () => {
      expect(() => bootstrap([Janitor], { resolve: resolve as never }))
        .to.throw(BootstrapError)
        .with.deep.property("problems", [`Janitor: resolve returned ${shown}`]);
    });
  }

  it("is reported for the class if it throws, with the thrown value as the cause", () => {
    const thrown = new Error("nothing is registered for Fetcher");
    const resolve = () => {
      throw thrown;
    };
    const error = expect(() => bootstrap([Fetcher, Janitor], { resolve })).to.throw(BootstrapError);
    error.with.deep.property("problems", [
      "Fetcher: Error: nothing is registered for Fetcher",
      "Janitor: Error: nothing is registered for Fetcher",
    ]);
    error.with.property("cause", thrown);
  });
});

describe("runProvidedWorkers", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("runs the workers of a registry until the signal aborts", async () => {
    const controller = new AbortController();
    let settled = false;
    const running = runProvidedWorkers(new WorkerRegistry().provide(Fetcher), { signal: controller.signal }).finally(() => {
      settled = true;
    });
    await clock.tickAsync(60_000);
    expect(settled).to.equal(false);
    controller.abort();
    await running;
  });

  it("rejects with all problems of sources and options, and never throws synchronously", async () => {
    const registry = new WorkerRegistry().provide(class Idle {});
    const outcome: unknown = await runProvidedWorkers(registry, { shutdownTimeout: "5x" as never }).catch(
      (error: unknown) => error,
    );
    expect(outcome).to.be.instanceOf(BootstrapError);
    expect(outcome).to.have.deep.property("problems", [
      "Idle has no workers: decorate a method with @Worker or @Repeat, or add a method workers()",
      "The option shutdownTimeout: '5x' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as \"1.5s\"",
    ]);
  });

  it("works without options", async () => {
    const registry = new WorkerRegistry().provide(class Idle {});
    expect(await runProvidedWorkers(registry).catch((error: unknown) => error)).to.be.instanceOf(BootstrapError);
  });
});
