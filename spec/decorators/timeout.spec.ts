import { expect } from "chai";
import { BootstrapError, bootstrap, Repeat, Timeout, Worker } from "watchbill";

describe("@Timeout", () => {
  it("limits the runs of a @Repeat, in any order, by a value or a function of the instance", () => {
    class Fetcher {
      readonly limit = "20s";

      @Timeout("30s")
      @Repeat("1m")
      fetch() {}

      @Repeat("1m")
      @Timeout((self: Fetcher) => self.limit)
      sync() {}
    }
    expect(bootstrap([Fetcher]).workers.map(({ timeout }) => timeout)).to.deep.equal([30_000, 20_000]);
  });

  it("is reported if it is malformed or not applicable", () => {
    class Fetcher {
      @Timeout("30s")
      alone() {}

      @Worker
      @Timeout("30s")
      continuous() {}

      @Repeat("1m")
      @Timeout(0)
      hasty() {}

      @Repeat("1m")
      @Timeout("30s")
      @Timeout("1m")
      twice() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        'Fetcher.alone has @Timeout but is not a worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again',
        "@Timeout is on Fetcher.continuous, which is a @Worker: it is for the runs of a @Repeat",
        "Fetcher.hasty: A timeout of 0 leaves no time to run: pass a duration above 0, or leave it out",
        "@Timeout is on Fetcher.twice more than once: keep one",
      ]);
  });
});
