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
  it("may be a decorated class, or an instance of one", () => {
    expect(namesOf(Fetcher)).to.deep.equal(["Fetcher/watchEvents", "Fetcher/fetchCommits"]);
    expect(namesOf(new Fetcher("us"))).to.deep.equal(["Fetcher/watchEvents", "Fetcher/fetchCommits"]);
  });

  it("may be a DeclarativeWorker, which is in the roster as it is", () => {
    const worker = new DeclarativeWorker({ name: "github", worker() {} });
    expect(bootstrap([worker]).workers[0]).to.equal(worker);
  });

  it("may be an instance of a class that could not be made without arguments", () => {
    class Configured {
      constructor(readonly config: object) {}

      @Worker
      tick() {}
    }
    expect(namesOf(new Configured({}))).to.deep.equal(["Configured/tick"]);
  });

  for (const [source, problem] of [
    [null, "null is no source of workers: give a class, an instance or a DeclarativeWorker"],
    [undefined, "undefined is no source of workers: give a class, an instance or a DeclarativeWorker"],
    [5, "5 is no source of workers: give a class, an instance or a DeclarativeWorker"],
    ["Fetcher", "a string is no source of workers: give a class, an instance or a DeclarativeWorker"],
    [true, "true is no source of workers: give a class, an instance or a DeclarativeWorker"],
    [{}, "an object without keys has no workers: decorate a method with @Worker or @Repeat, or give it a method workers()"],
    [[Fetcher], "An instance of Array has no workers: decorate a method with @Worker or @Repeat, or give it a method workers()"],
    [
      Object.create(null),
      "an object without keys has no workers: decorate a method with @Worker or @Repeat, or give it a method workers()",
    ],
    [() => {}, "A function without a name is a function: give new DeclarativeWorker({ name, worker })"],
    [async function tick() {}, "tick is a function: give new DeclarativeWorker({ name, worker })"],
    [function tock() {}, "tock is a function: give new DeclarativeWorker({ name, worker })"],
    [bootstrap([]), "An instance of Runner is a worker without a name: give new DeclarativeWorker({ name, worker })"],
    [
      named(() => {}, "tick"),
      "An instance of NamedDefinition is a worker without a name: give new DeclarativeWorker({ name, worker })",
    ],
    [{ run() {} }, "an object with the key run is a worker without a name: give new DeclarativeWorker({ name, worker })"],
    [new DeclarativeWorker({ worker() {} }), "A DeclarativeWorker without a name was given: give it a name"],
  ] as [never, string][]) {
    it(`is told what is wrong: ${problem}`, () => {
      expect(() => bootstrap([source]))
        .to.throw(BootstrapError)
        .with.deep.property("problems", [problem]);
    });
  }

  it("without workers is told so, whether it is a class or an instance", () => {
    class Idle {}
    expect(() => bootstrap([Idle, new Idle(), class {}]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Idle has no workers: decorate a method with @Worker or @Repeat, or give it a method workers()",
        "An instance of Idle has no workers: decorate a method with @Worker or @Repeat, or give it a method workers()",
        "A class without a name has no workers: decorate a method with @Worker or @Repeat, or give it a method workers()",
      ]);
  });

  it("cannot be a class that inherits a constructor which needs arguments, but one that has its own without", () => {
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
        "Heir: its constructor needs an argument: give an instance instead of the class, or the option resolve",
      ]);
  });

  it("cannot be a class whose constructor needs arguments: two cures are named", () => {
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
        "One: its constructor needs an argument: give an instance instead of the class, or the option resolve",
        "Two: its constructor needs 2 arguments: give an instance instead of the class, or the option resolve",
      ]);
  });

  it("whose constructor throws is a problem, with what it threw as the cause", () => {
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

  it("is told that it has no name, and is not told besides that another has the same", () => {
    const nameless = () => new DeclarativeWorker({ worker() {} });
    expect(() => bootstrap([nameless(), nameless()]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "A DeclarativeWorker without a name was given: give it a name",
        "A DeclarativeWorker without a name was given: give it a name",
      ]);
  });
});
