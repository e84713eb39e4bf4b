import { expect } from "chai";
import {
  BootstrapError,
  bootstrap,
  Distributed,
  Repeat,
  Retry,
  StaticBackoff,
  Worker,
  type WorkerMethodDecorator,
} from "watchbill";

const problemsOf = (source: object) =>
  expect(() => bootstrap([source]))
    .to.throw(BootstrapError)
    .with.property("problems");

describe("@Distributed", () => {
  it("refines a @Worker or a @Repeat, with or without parentheses, in any order", () => {
    class Sync {
      @Distributed
      @Repeat("5s")
      bare() {}

      @Repeat("5s")
      @Distributed()
      called() {}

      @Retry(new StaticBackoff({ sleep: "1s" }))
      @Distributed
      @Worker
      continuous() {}

      @Worker
      local() {}
    }
    expect(bootstrap([Sync]).workers.map(({ name, distributed }) => [name, distributed])).to.deep.equal([
      ["Sync/bare", true],
      ["Sync/called", true],
      ["Sync/continuous", true],
      ["Sync/local", undefined],
    ]);
  });

  it("is inherited with the method, and dropped by a record of the subclass", () => {
    class Base {
      @Distributed
      @Repeat("5s")
      tick() {}

      @Distributed
      @Repeat("5s")
      tock() {}
    }
    class Derived extends Base {
      override tick() {}

      @Repeat("5s")
      override tock() {}
    }
    expect(bootstrap([Derived]).workers.map(({ distributed }) => distributed)).to.deep.equal([true, undefined]);
    expect(bootstrap([Base]).workers.map(({ distributed }) => distributed)).to.deep.equal([true, true]);
  });

  it("alone does not declare a worker: the problem names class, method and fix", () => {
    class Sync {
      @Distributed
      bare() {}

      @Distributed()
      called() {}
    }
    problemsOf(Sync).that.deep.equals(
      ["bare", "called"].map(
        (method) =>
          `Sync.${method} has @Distributed but is not a worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again`,
      ),
    );
  });

  it("can be used once", () => {
    class Sync {
      @Distributed
      @Distributed()
      @Repeat("5s")
      twice() {}
    }
    problemsOf(Sync).that.deep.equals(["@Distributed is on Sync.twice more than once: keep one"]);
  });

  it("takes no arguments", () => {
    const withArgument = (value: unknown): WorkerMethodDecorator => Reflect.apply(Distributed, undefined, [value]);

    class Sync {
      @withArgument(5)
      @Repeat("5s")
      five() {}
    }
    problemsOf(Sync).that.has.lengthOf(1);
    problemsOf(Sync)
      .with.nested.property("[0]")
      .that.matches(/@Distributed.*Sync\.five|Sync\.five.*@Distributed/);
  });
});
