import { expect } from "chai";
import { type Backoff, BootstrapError, bootstrap, Repeat, RetryJob, StaticBackoff } from "watchbill";

const backoff = new StaticBackoff({ sleep: "1s" });

describe("@RetryJob", () => {
  it("adds a backoff to a repeated job, by identity", () => {
    class Fetcher {
      @Repeat("5s")
      @RetryJob(backoff)
      fetchCommits() {}
    }
    expect(bootstrap([Fetcher]).workers[0]?.retryJob).to.equal(backoff);
    expect(bootstrap([Fetcher]).workers[0]?.retry).to.equal(undefined);
  });

  it("gets the policy from the instance", () => {
    class Fetcher {
      readonly sleep = 100;

      @Repeat("5s")
      @RetryJob((self: Fetcher) => new StaticBackoff({ sleep: self.sleep }))
      fetchCommits() {}
    }
    expect(bootstrap([Fetcher]).workers[0]?.retryJob).to.deep.equal(new StaticBackoff({ sleep: 100 }));
  });

  it("alone does not declare a worker: the problem names class, method and fix", () => {
    class Fetcher {
      @RetryJob(backoff)
      fetchCommits() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        'Fetcher.fetchCommits has @RetryJob but is not a worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again',
      ]);
  });

  it("can be used once", () => {
    class Fetcher {
      @RetryJob(backoff)
      @RetryJob(backoff)
      @Repeat("5s")
      fetchCommits() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", ["@RetryJob is on Fetcher.fetchCommits more than once: keep one"]);
  });

  it("reports a policy that is not a backoff at bootstrap", () => {
    class Fetcher {
      @Repeat("5s")
      @RetryJob("1s" as never)
      fetchCommits() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Fetcher.fetchCommits: a string is not a backoff: pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)",
      ]);
  });

  it("reports a missing policy", () => {
    class Fetcher {
      readonly backoff: Backoff | undefined = undefined;

      @Repeat("5s")
      @RetryJob((self: Fetcher) => self.backoff as never)
      fetchCommits() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Fetcher.fetchCommits: undefined is not a backoff: pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)",
      ]);
  });

  it("reports a function of the instance that throws, with the thrown value as the cause", () => {
    const thrown = new Error("no configuration");
    class Fetcher {
      @Repeat("5s")
      @RetryJob((): Backoff => {
        throw thrown;
      })
      fetchCommits() {}
    }
    const error = expect(() => bootstrap([Fetcher])).to.throw(BootstrapError);
    error.with.deep.property("problems", ["Fetcher.fetchCommits: Error: no configuration"]);
    error.with.property("cause", thrown);
  });
});
