import { expect } from "chai";
import { type Backoff, BootstrapError, bootstrap, ExponentialBackoff, Repeat, Retry, StaticBackoff, Worker } from "watchbill";

const backoff = new ExponentialBackoff({ initial: "1s", max: "1m" });
const hint = "pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)";

describe("@Retry", () => {
  it("adds a backoff to a worker and to a repeated job, by identity", () => {
    class Fetcher {
      @Worker
      @Retry(backoff)
      watchEvents() {}

      @Repeat("5s")
      @Retry(backoff)
      fetchCommits() {}
    }
    for (const worker of bootstrap([Fetcher]).workers) expect(worker.retry).to.equal(backoff);
  });

  it("accepts options, and any object with a method duration(attempt) as a backoff", () => {
    const linear: Backoff = { duration: (attempt) => attempt * 1_000 };
    class Fetcher {
      @Worker
      @Retry({ backoff: linear, resetAfter: "5m" })
      watchEvents() {}
    }
    expect(bootstrap([Fetcher]).workers[0]?.retry).to.deep.equal({ backoff: linear, resetAfter: "5m" });
  });

  it("gets the policy from each instance", () => {
    class Fetcher {
      constructor(readonly sleep = 100) {}

      @Worker
      @Retry((self: Fetcher) => new StaticBackoff({ sleep: self.sleep }))
      watchEvents() {}
    }
    class Slow extends Fetcher {
      constructor() {
        super(60_000);
      }
    }
    expect(bootstrap([Fetcher, Slow]).workers.map(({ retry }) => retry)).to.deep.equal([
      new StaticBackoff({ sleep: 100 }),
      new StaticBackoff({ sleep: 60_000 }),
    ]);
  });

  it("alone does not declare a worker: the problem names class, method and fix", () => {
    class Fetcher {
      @Retry(backoff)
      watchEvents() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        'Fetcher.watchEvents has @Retry but is not a worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again',
      ]);
  });

  it("can be used once", () => {
    class Fetcher {
      @Retry(backoff)
      @Worker
      @Retry(new StaticBackoff({ sleep: 1 }))
      watchEvents() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", ["@Retry is on Fetcher.watchEvents more than once: keep one"]);
  });

  for (const [policy, shown] of [
    [{ sleep: "5s" }, "an object with the key sleep"],
    [{ backoff: "1s" }, "a string"],
    ["1s", "a string"],
    [5, "5"],
    [null, "null"],
  ] as const) {
    it(`reports a policy that is not a backoff at bootstrap: ${JSON.stringify(policy)}`, () => {
      class Fetcher {
        @Worker
        @Retry(policy as never)
        watchEvents() {}
      }
      expect(() => bootstrap([Fetcher]))
        .to.throw(BootstrapError)
        .with.deep.property("problems", [`Fetcher.watchEvents: ${shown} is not a backoff: ${hint}`]);
    });
  }

  it("reports a missing policy", () => {
    class Fetcher {
      readonly backoff: Backoff | undefined = undefined;

      @Worker
      @Retry((self: Fetcher) => self.backoff as never)
      watchEvents() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [`Fetcher.watchEvents: undefined is not a backoff: ${hint}`]);
  });

  it("reports a malformed resetAfter", () => {
    class Fetcher {
      @Worker
      @Retry({ backoff, resetAfter: "5 m" as never })
      watchEvents() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Fetcher.watchEvents: resetAfter: '5 m' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as \"1.5s\"",
      ]);
  });

  it("reports a function of the instance that throws, with the thrown value as the cause", () => {
    const thrown = new Error("no configuration");
    class Fetcher {
      @Worker
      @Retry((): Backoff => {
        throw thrown;
      })
      watchEvents() {}
    }
    const error = expect(() => bootstrap([Fetcher])).to.throw(BootstrapError);
    error.with.deep.property("problems", ["Fetcher.watchEvents: Error: no configuration"]);
    error.with.property("cause", thrown);
  });
});
