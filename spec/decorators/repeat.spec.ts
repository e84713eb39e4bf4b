import { expect } from "chai";
import { BootstrapError, bootstrap, type Duration, Named, Repeat, type RepeatOptions } from "watchbill";

describe("@Repeat", () => {
  it("declares a method as a job on a grid, with the first run one interval after the start", () => {
    class Fetcher {
      @Repeat("1.5s")
      fetchCommits() {}
    }
    const [worker] = bootstrap([Fetcher]).workers;
    expect(worker).to.deep.include({
      name: "Fetcher/fetchCommits",
      worker: undefined,
      repeat: { interval: 1_500, startImmediately: false },
    });
    expect(worker?.job).to.be.a("function");
  });

  it("can start immediately", () => {
    class Fetcher {
      @Repeat(250, { startImmediately: true })
      fetchCommits() {}
    }
    expect(bootstrap([Fetcher]).workers[0]?.repeat).to.deep.equal({ interval: 250, startImmediately: true });
  });

  it("gets the interval and the options from each instance", () => {
    class Fetcher {
      readonly interval: Duration;
      constructor(
        readonly region: string,
        interval: Duration,
        readonly eager: boolean,
      ) {
        this.interval = interval;
      }

      @Repeat(
        (self: Fetcher) => self.interval,
        (self: Fetcher) => ({ startImmediately: self.eager }),
      )
      @Named((self: Fetcher) => self.region)
      fetchCommits() {}
    }
    const { workers } = bootstrap([new Fetcher("eu", "1m", true), new Fetcher("us", 30_000, false)]);
    expect(workers.map(({ name, repeat }) => [name, repeat])).to.deep.equal([
      ["Fetcher/eu", { interval: 60_000, startImmediately: true }],
      ["Fetcher/us", { interval: 30_000, startImmediately: false }],
    ]);
  });

  it("reads the configuration once, at bootstrap", () => {
    let asked = 0;
    const interval = () => {
      asked++;
      return 1_000;
    };
    class Fetcher {
      @Repeat(interval)
      fetchCommits() {}
    }
    expect(asked).to.equal(0);
    const { workers } = bootstrap([Fetcher]);
    expect(workers[0]?.repeat?.interval).to.equal(1_000);
    expect(asked).to.equal(1);
  });

  it("can be used once", () => {
    class Fetcher {
      @Repeat("5s")
      @Repeat("5s")
      @Repeat("1m")
      fetchCommits() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", ["@Repeat is on Fetcher.fetchCommits more than once: keep one"]);
  });

  const hint = 'use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"';
  for (const [interval, shown] of [
    ["5 s", "'5 s'"],
    [" 5s", "' 5s'"],
    ["-5s", "'-5s'"],
    ["0x10s", "'0x10s'"],
    ["1e3s", "'1e3s'"],
    ["5x", "'5x'"],
    ["", "''"],
    [Number.NaN, "NaN"],
    [-1, "-1"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [null, "null"],
    [undefined, "undefined"],
    [{}, "an object without keys"],
  ] as const) {
    it(`reports the interval ${shown} at bootstrap, and does not throw at the class definition`, () => {
      class Fetcher {
        @Repeat(interval as never)
        fetchCommits() {}
      }
      expect(() => bootstrap([Fetcher]))
        .to.throw(BootstrapError)
        .with.deep.property("problems", [`Fetcher.fetchCommits: ${shown} is not a duration: ${hint}`]);
    });
  }

  it("reports an interval of 0", () => {
    class Fetcher {
      @Repeat(0)
      fetchCommits() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Fetcher.fetchCommits: 0 ms is too short for an interval: pass 1 ms or more, or retry a worker without a backoff",
      ]);
  });

  it("reports a function of the instance that does not return a duration", () => {
    class Fetcher {
      readonly interval: Duration | undefined = undefined;

      @Repeat((self: Fetcher) => self.interval as never)
      fetchCommits() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [`Fetcher.fetchCommits: undefined is not a duration: ${hint}`]);
  });

  it("reports a function of the instance that throws, with the thrown value as the cause", () => {
    const thrown = new TypeError("no configuration");
    class Fetcher {
      @Repeat((): Duration => {
        throw thrown;
      })
      fetchCommits() {}

      @Repeat("5s", (): RepeatOptions => {
        throw "no options";
      })
      fetchPulls() {}
    }
    const error = expect(() => bootstrap([Fetcher])).to.throw(BootstrapError);
    error.with.deep.property("problems", [
      "Fetcher.fetchCommits: TypeError: no configuration",
      "Fetcher.fetchPulls: ThrownValueError: Fetcher.fetchPulls threw 'no options'; throw an Error, so that there is a stack",
    ]);
    error.with.property("cause", thrown);
    error.with.deep.property("errors", [thrown, "no options"]);
  });
});
