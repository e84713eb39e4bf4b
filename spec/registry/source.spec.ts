import { expect } from "chai";
import { BootstrapError, bootstrap, DeclarativeWorker, named, Repeat, Worker } from "watchbill";

class Fetcher {
  constructor(readonly region = "eu") {}

  @Worker
  watchEvents() {}

  @Repeat("5s")
  fetchCommits() {}
}

const namesOf = (...sources: object[]) => bootstrap(sources).workers.map(({ name }) => name);

describe("A source", () => {
  it("can be a decorated class, or an instance of one", () => {
    expect(namesOf(Fetcher)).to.deep.equal(["Fetcher/watchEvents", "Fetcher/fetchCommits"]);
    expect(namesOf(new Fetcher("us"))).to.deep.equal(["Fetcher/watchEvents", "Fetcher/fetchCommits"]);
  });

  it("can be a DeclarativeWorker, which is used unchanged", () => {
    const worker = new DeclarativeWorker({ name: "github", worker() {} });
    expect(bootstrap([worker]).workers[0]).to.equal(worker);
  });

  it("can be an instance of a class that requires arguments", () => {
    class Configured {
      constructor(readonly config: object) {}

      @Worker
      tick() {}
    }
    expect(namesOf(new Configured({}))).to.deep.equal(["Configured/tick"]);
  });

  for (const [source, problem] of [
    [null, "null is not a source of workers: pass a class, an instance or a DeclarativeWorker"],
    [undefined, "undefined is not a source of workers: pass a class, an instance or a DeclarativeWorker"],
    [5, "5 is not a source of workers: pass a class, an instance or a DeclarativeWorker"],
    ["Fetcher", "a string is not a source of workers: pass a class, an instance or a DeclarativeWorker"],
    [true, "true is not a source of workers: pass a class, an instance or a DeclarativeWorker"],
    [{}, "an object without keys has no workers: decorate a method with @Worker or @Repeat, or add a method workers()"],
    [[Fetcher], "An instance of Array has no workers: decorate a method with @Worker or @Repeat, or add a method workers()"],
    [
      Object.create(null),
      "an object without keys has no workers: decorate a method with @Worker or @Repeat, or add a method workers()",
    ],
    [() => {}, "A function without a name is a function: pass new DeclarativeWorker({ name, worker })"],
    [async function tick() {}, "tick is a function: pass new DeclarativeWorker({ name, worker })"],
    [function tock() {}, "tock is a function: pass new DeclarativeWorker({ name, worker })"],
    [bootstrap([]), "An instance of Runner is a worker without a name: pass new DeclarativeWorker({ name, worker })"],
    [
      named(() => {}, "tick"),
      "An instance of NamedDefinition is a worker without a name: pass new DeclarativeWorker({ name, worker })",
    ],
    [{ run() {} }, "an object with the key run is a worker without a name: pass new DeclarativeWorker({ name, worker })"],
    [new DeclarativeWorker({ worker() {} }), "A DeclarativeWorker has no name: pass one as its option name"],
  ] as [never, string][]) {
    it(`is reported: ${problem}`, () => {
      expect(() => bootstrap([source]))
        .to.throw(BootstrapError)
        .with.deep.property("problems", [problem]);
    });
  }

  it("without workers is reported, whether it is a class or an instance", () => {
    class Idle {}
    expect(() => bootstrap([Idle, new Idle(), class {}]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Idle has no workers: decorate a method with @Worker or @Repeat, or add a method workers()",
        "An instance of Idle has no workers: decorate a method with @Worker or @Repeat, or add a method workers()",
        "A class without a name has no workers: decorate a method with @Worker or @Repeat, or add a method workers()",
      ]);
  });

  it("cannot be a class that inherits a constructor with required arguments, unless it has its own without", () => {
    class Base {
      constructor(readonly config: object) {}

      @Worker
      tick() {}
    }
    class Heir extends Base {}
    class Independent extends Base {
      constructor() {
        super({});
      }
    }
    expect(namesOf(Independent)).to.deep.equal(["Independent/tick"]);
    expect(() => bootstrap([Heir]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Heir: its constructor needs an argument: pass an instance instead of the class, or use the option resolve",
      ]);
  });

  it("cannot be a class whose constructor requires arguments: the problem names two fixes", () => {
    class One extends Fetcher {
      constructor(region: string) {
        super(region);
      }
    }
    class Two extends Fetcher {
      constructor(
        region: string,
        readonly database: object,
      ) {
        super(region);
      }
    }
    expect(() => bootstrap([One, Two] as object[]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "One: its constructor needs an argument: pass an instance instead of the class, or use the option resolve",
        "Two: its constructor needs 2 arguments: pass an instance instead of the class, or use the option resolve",
      ]);
  });

  it("is reported if its constructor throws, with the thrown value as the cause", () => {
    const thrown = new Error("no database");
    class Broken extends Fetcher {
      constructor() {
        super();
        throw thrown;
      }
    }
    class Odd extends Fetcher {
      constructor() {
        super();
        throw "no configuration";
      }
    }
    const error = expect(() => bootstrap([Broken, Odd])).to.throw(BootstrapError);
    error.with.deep.property("problems", [
      "Broken: Error: no database",
      "Odd: ThrownValueError: Odd threw 'no configuration'; throw an Error, so that there is a stack",
    ]);
    error.with.property("cause", thrown);
    error.with.deep.property("errors", [thrown, "no configuration"]);
  });

  it("is reported once if it has no name, without a clash between nameless ones", () => {
    const nameless = () => new DeclarativeWorker({ worker() {} });
    expect(() => bootstrap([nameless(), nameless()]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "A DeclarativeWorker has no name: pass one as its option name",
        "A DeclarativeWorker has no name: pass one as its option name",
      ]);
  });
});
