import { expect } from "chai";
import { BootstrapError, bootstrap, Named, Repeat, Retry, RetryJob, Timeout, Worker } from "watchbill";

/** Code that no compiler has checked, as under tsx: the decorators as the compiler applies them, in both dialects. */
function applied(decorator: object, dialect: "standard" | "legacy"): new () => object {
  class Fetcher {
    tick() {}

    @Worker
    other() {}
  }
  const apply = (...args: unknown[]): unknown => Reflect.apply(decorator as () => unknown, undefined, args);
  const context = {
    kind: "method",
    name: "tick",
    static: false,
    private: false,
    metadata: Reflect.get(Fetcher, Symbol.metadata ?? Symbol.for("Symbol.metadata")),
  };
  const isStandard = dialect === "standard" && context.metadata !== undefined;
  const descriptor = Object.getOwnPropertyDescriptor(Fetcher.prototype, "tick");
  const returned = isStandard ? apply(descriptor?.value, context) : apply(Fetcher.prototype, "tick", descriptor);
  expect(returned, "replaces the method").to.equal(undefined);
  return Fetcher;
}

const examples = new Map<object, string>([
  [Repeat, '@Repeat cannot be on Fetcher.tick: it has no arguments: write it as @Repeat("5s")'],
  [Retry, "@Retry cannot be on Fetcher.tick: it has no arguments: write it as @Retry(backoff)"],
  [RetryJob, "@RetryJob cannot be on Fetcher.tick: it has no arguments: write it as @RetryJob(backoff)"],
  [Timeout, '@Timeout cannot be on Fetcher.tick: it has no arguments: write it as @Timeout("30s")'],
  [Named, '@Named cannot be on Fetcher.tick: it has no arguments: write it as @Named("name")'],
]);

describe("A decorator that needs arguments", () => {
  for (const dialect of ["standard", "legacy"] as const) {
    it(`is a problem if it is written without parentheses, and not ignored, under ${dialect} decorators`, () => {
      for (const [decorator, problem] of examples) {
        const type = applied(decorator, dialect);
        expect(() => bootstrap([type]))
          .to.throw(BootstrapError)
          .with.property("problems")
          .that.deep.equals([problem]);
      }
    });
  }
});

describe("A cron pattern in place of an interval", () => {
  it("is refused with the function that reads it", () => {
    for (const pattern of ["0 3 * * *", "*/5 * * * * *", "@daily"]) {
      class Fetcher {
        @Repeat(pattern as "1s")
        tick() {}
      }
      expect(() => bootstrap([Fetcher]))
        .to.throw(BootstrapError)
        .with.property("problems")
        .that.deep.equals([`Fetcher.tick: '${pattern}' is a cron pattern: use cron(…) of watchbill/cron`]);
    }
  });
});
