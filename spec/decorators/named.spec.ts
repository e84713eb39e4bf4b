import { expect } from "chai";
import { BootstrapError, bootstrap, Named, Worker } from "watchbill";

const namesOf = (...sources: object[]) => bootstrap(sources).workers.map(({ name }) => name);

describe("@Named", () => {
  it("replaces the class's part of the name on a class, and the method's part on a method", () => {
    @Named("github")
    class Fetcher {
      @Worker
      watchEvents() {}

      @Worker
      @Named("commits")
      fetchCommits() {}
    }
    class Janitor {
      @Worker
      @Named("old files")
      cleanUp() {}
    }
    expect(namesOf(Fetcher, Janitor)).to.deep.equal(["github/watchEvents", "github/commits", "Janitor/old files"]);
  });

  it("can be a function of the instance, on class and method", () => {
    @Named((self: Fetcher) => `github-${self.region}`)
    class Fetcher {
      constructor(readonly region = "eu") {}

      @Worker
      @Named((self: Fetcher) => `events of ${self.region}`)
      watchEvents() {}
    }
    expect(namesOf(Fetcher, new Fetcher("us"))).to.deep.equal(["github-eu/events of eu", "github-us/events of us"]);
  });

  it("is inherited with methods, but not from the base class", () => {
    @Named("base")
    class Base {
      @Worker
      @Named("events")
      watchEvents() {}
    }
    class Derived extends Base {}
    @Named("named")
    class NamedDerived extends Base {}
    expect(namesOf(Base, Derived, NamedDerived)).to.deep.equal(["base/events", "Derived/events", "named/events"]);
  });

  it("alone does not declare a worker: the problem names class, method and fix", () => {
    class Fetcher {
      @Named("events")
      watchEvents() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        'Fetcher.watchEvents has @Named but is not a worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again',
      ]);
  });

  it("can be used once, on class and method", () => {
    @Named("github")
    @Named("gitlab")
    class Fetcher {
      @Worker
      @Named("events")
      @Named("events")
      watchEvents() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "@Named is on Fetcher more than once: keep one",
        "@Named is on Fetcher.watchEvents more than once: keep one",
      ]);
  });

  for (const [name, shown] of [
    ["", "''"],
    ["  ", "'  '"],
    [5, "5"],
    [undefined, "undefined"],
    [Symbol("events"), "Symbol(events)"],
  ] as const) {
    it(`reports an invalid name at bootstrap: ${shown}`, () => {
      @Named(name as never)
      class Fetcher {
        @Worker
        @Named(name as never)
        watchEvents() {}
      }
      expect(() => bootstrap([Fetcher]))
        .to.throw(BootstrapError)
        .with.deep.property("problems", [
          `Fetcher: ${shown} is not a name: pass a string that is not empty`,
          `Fetcher.watchEvents: ${shown} is not a name: pass a string that is not empty`,
        ]);
    });
  }

  it("reports functions of the instance that throw, with the first thrown value as the cause", () => {
    const thrown = [new Error("no region"), new Error("no topic")];
    @Named((): string => {
      throw thrown[0];
    })
    class Fetcher {
      @Worker
      @Named((): string => {
        throw thrown[1];
      })
      watchEvents() {}
    }
    const error = expect(() => bootstrap([Fetcher])).to.throw(BootstrapError);
    error.with.deep.property("problems", ["Fetcher: Error: no region", "Fetcher.watchEvents: Error: no topic"]);
    error.with.property("cause", thrown[0]);
    error.with.deep.property("errors", thrown);
  });
});
