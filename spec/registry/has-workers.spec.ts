import { expect } from "chai";
import {
  bootstrap,
  hasWorkers,
  Named,
  Repeat,
  Retry,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  workerMethods,
} from "watchbill";
import { untouchable } from "../errors/hostile-values.fixture.js";

class Feed {
  @Repeat("1m")
  pull() {}
}

class Derived extends Feed {}

class Listener {
  @Worker
  async listen({ signal }: WorkerContext) {
    await stopped(signal);
  }
}

class Misused {
  @Retry(new StaticBackoff({ sleep: "1s" }))
  pull() {}
}

@Named("plain")
class NamedOnly {
  pull() {}
}

class Plain {
  workers() {
    return [];
  }
}

describe("hasWorkers", () => {
  it("finds classes with decorated methods, their subclasses, and instances of both", () => {
    for (const type of [Feed, Derived, Listener])
      expect([hasWorkers(type), hasWorkers(new type())], type.name).to.deep.equal([true, true]);
  });

  it("finds a class whose decorators are misused, so that bootstrap reports it", () => {
    expect(hasWorkers(Misused)).to.equal(true);
  });

  it("does not find a class without decorated methods, though it has a name or a method workers", () => {
    for (const type of [NamedOnly, Plain, Object, class {}])
      expect([hasWorkers(type), hasWorkers(new type())]).to.deep.equal([false, false]);
  });

  it("does not find, nor fail at, any other value", () => {
    const values = [
      undefined,
      null,
      0,
      "Feed",
      Symbol("Feed"),
      {},
      [],
      Object.create(null),
      () => {},
      Reflect.get(Feed.prototype, "pull"),
    ];
    expect(values.map(hasWorkers)).to.deep.equal(values.map(() => false));
    expect(hasWorkers(untouchable())).to.equal(false);
  });

  it("finds a class with decorators of another version, so that bootstrap reports it", () => {
    class Foreign {}
    Reflect.defineMetadata("watchbill:record", "of another version", Foreign.prototype);
    expect([hasWorkers(Foreign), hasWorkers(new Foreign())]).to.deep.equal([true, true]);
    expect(() => bootstrap([Foreign])).to.throw("Decorators of another version of watchbill are on the class");
  });

  it("creates no instance", () => {
    class Throws {
      constructor() {
        throw new Error("no database");
      }
      @Repeat("1m")
      pull() {}
    }
    expect(hasWorkers(Throws)).to.equal(true);
  });
});

describe("workerMethods", () => {
  it("has the decorated methods of a class or an instance, inherited ones first", () => {
    const sweep = Symbol("sweep");
    class Own extends Feed {
      @Worker
      listen() {}
      @Repeat("1h")
      [sweep]() {}
      plain() {}
    }
    for (const source of [Own, new Own()]) expect(workerMethods(source)).to.deep.equal(["pull", "listen", sweep]);
  });

  it("has none for any other value, nor if the decorators are of another version", () => {
    class Foreign {}
    Reflect.defineMetadata("watchbill:record", "of another version", Foreign.prototype);
    for (const value of [NamedOnly, Plain, {}, Object.create(null), null, undefined, "Feed", Foreign, untouchable()])
      expect(workerMethods(value)).to.deep.equal([]);
  });
});
