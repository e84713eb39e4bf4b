import { expect } from "chai";
import { BootstrapError, bootstrap, Named, Repeat, Retry, RetryJob, StaticBackoff, Worker, type WorkerContext } from "watchbill";
import { symbolMetadata } from "../../lib/decorators/decorator-target.js";

type Decorator = (...target: unknown[]) => unknown;

const backoff = new StaticBackoff({ sleep: "1s" });
const decorators = [Worker, Worker(), Repeat("5s"), Retry(backoff), RetryJob(backoff), Named("tick")] as Decorator[];
const names = ["Worker", "Worker", "Repeat", "Retry", "RetryJob", "Named"];
/** @Retry can be used on classes as well. */
const onlyForMethods = names.flatMap((name, index) => (["Retry", "Named"].includes(name) ? [] : [{ name, index }]));
const hints = {
  static: "it is static: remove static, workers belong to instances",
  private: "it is private to the class: remove the #, so that it can be called",
  field: "it is a field: make it a method",
  accessor: "it is an accessor: make it a method",
  parameter: "it is on a parameter: put it on the method",
};

/** Compiler arguments for decorators of members other than public methods. */
const mistakes = [
  ["a legacy field", (type) => [type.prototype, "tick", undefined], hints.field],
  ["a legacy getter", (type) => [type.prototype, "tick", { get: () => () => {}, set: undefined }], hints.accessor],
  ["a legacy static method", (type) => [type, "tick", { value: () => {} }], hints.static],
  ["a legacy parameter", (type) => [type.prototype, "tick", 0], hints.parameter],
  ["a standard field", (type) => [undefined, standard(type, { kind: "field" })], hints.field],
  ["a standard getter", (type) => [() => () => {}, standard(type, { kind: "getter" })], hints.accessor],
  ["a standard accessor", (type) => [{}, standard(type, { kind: "accessor" })], hints.accessor],
  ["a standard static method", (type) => [() => {}, standard(type, { static: true })], hints.static],
  ["a standard private method", (type) => [() => {}, standard(type, { private: true })], hints.private],
] satisfies [string, (type: { readonly prototype: object }) => unknown[], string][];

function standard(type: object, deviation: object) {
  const metadata = Object.getOwnPropertyDescriptor(type, symbolMetadata)?.value as object | undefined;
  return { kind: "method", name: "tick", static: false, private: false, metadata, ...deviation };
}

describe("A decorator", () => {
  for (const [what, targetOn, hint] of mistakes) {
    it(`is reported on ${what}, with a fix, for each decorator`, () => {
      for (const [index, decorate] of decorators.entries()) {
        class Fetcher {
          tick() {}
        }
        Object.defineProperty(Fetcher, symbolMetadata, { value: {} });
        decorate(...targetOn(Fetcher));
        expect(() => bootstrap([Fetcher]))
          .to.throw(BootstrapError)
          .with.deep.property("problems", [`@${names[index]} cannot be on Fetcher.tick: ${hint}`]);
      }
    });
  }

  it("is reported on a parameter of the constructor, without the name of the class", () => {
    class Fetcher {
      @Worker
      tick() {}
    }
    (Named("database") as Decorator)(Fetcher, undefined, 0);
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [`@Named cannot be on Fetcher: ${hints.parameter}`]);
  });

  it("for methods is reported on a class that has workers", () => {
    class Fetcher {
      @Worker
      tick() {}
    }
    for (const { index } of onlyForMethods) decorators[index]?.(Fetcher);
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property(
        "problems",
        onlyForMethods.map(({ name }) => `@${name} is on the class Fetcher: put it on a method`),
      );
  });

  it("for methods is reported on a class that has no other decorators", () => {
    for (const { name, index } of onlyForMethods) {
      class Fetcher {}
      decorators[index]?.(Fetcher);
      expect(() => bootstrap([Fetcher]))
        .to.throw(BootstrapError)
        .with.property("message")
        .that.includes(`@${name} is on the class Fetcher: put it on a method`);
    }
  });

  it("is reported on a method with two parameters, as a worker only receives its context", () => {
    class Fetcher {
      tick(_context: WorkerContext, _page: number) {}
    }
    (Worker as Decorator)(Fetcher.prototype, "tick", Object.getOwnPropertyDescriptor(Fetcher.prototype, "tick"));
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Fetcher.tick takes 2 parameters: a worker receives one, its context; add a default to the others",
      ]);
  });

  it("can be on a method with further optional parameters", () => {
    class Fetcher {
      @Worker
      tick(_context: WorkerContext, _page = 1, ..._more: number[]) {}
    }
    expect(bootstrap([Fetcher]).workers).to.have.length(1);
  });

  it("can be on a method that is named by a symbol, whose description becomes the name", () => {
    const cleanUp = Symbol("cleanUp");
    class Fetcher {
      @Worker
      [cleanUp]() {}

      @Repeat("5s")
      [Symbol.for("refresh")]() {}
    }
    expect(bootstrap([Fetcher]).workers.map(({ name }) => name)).to.deep.equal(["Fetcher/cleanUp", "Fetcher/refresh"]);
  });

  it("on a method that is named by a symbol is reported under the symbol", () => {
    const cleanUp = Symbol("cleanUp");
    class Fetcher {
      @Repeat("5x" as never)
      [cleanUp]() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.property("problems")
      .that.satisfies(([problem = ""]: string[]) => problem.startsWith("Fetcher.Symbol(cleanUp): '5x' is not a duration"));
  });

  it("does not change the method", () => {
    const methods = Object.getOwnPropertyDescriptors({ tick() {} });
    const { value } = methods.tick;
    for (const decorate of decorators) expect(decorate({}, "tick", methods.tick)).to.equal(undefined);
    expect(methods.tick.value).to.equal(value);
  });

  it("can be on a method whose name is a number", () => {
    const calls: string[] = [];
    class Fetcher {
      @Repeat("1s")
      42() {
        calls.push("42");
      }

      @Worker()
      0.5() {}

      @Worker
      @Named("hex")
      0x10() {}
    }
    const { workers } = bootstrap([Fetcher]);
    expect(workers.map(({ name }) => name)).to.have.members(["Fetcher/42", "Fetcher/0.5", "Fetcher/hex"]);
    const job = workers.find(({ name }) => name === "Fetcher/42")?.job;
    if (typeof job === "function") job(undefined as never);
    expect(calls).to.deep.equal(["42"]);
  });

  it("with unknown options reports which, where, and the nearest name", () => {
    class Fetcher {
      @Repeat("1s", { startImediately: true } as never)
      repeated() {}

      @Worker({ shutdwnTimeout: "5s" } as never)
      continuous() {}

      @Worker({ restart: "always", 5: 5 } as never)
      @Retry({ backoff, resetafter: "5m" } as never)
      retried() {}

      @Repeat("1s")
      @RetryJob({ backoff, maxAttempt: 5 } as never)
      retriedJob() {}

      @Repeat("1s", "5s" as never)
      text() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.property("problems")
      .that.has.members([
        'Fetcher.repeated: @Repeat has no option "startImediately": did you mean startImmediately?',
        'Fetcher.continuous: @Worker has no option "shutdwnTimeout": did you mean shutdownTimeout?',
        'Fetcher.retried: @Worker has no option "5": there are restart, shutdownTimeout',
        'Fetcher.retried: @Retry has no option "resetafter": did you mean resetAfter?',
        'Fetcher.retriedJob: @RetryJob has no option "maxAttempt": did you mean maxAttempts?',
        "Fetcher.text: The options of @Repeat are a string: pass an object",
      ]);
  });
});
