import { expect } from "chai";
import {
  BootstrapError,
  bootstrap,
  DeclarativeWorker,
  Named,
  Repeat,
  Retry,
  RetryJob,
  StaticBackoff,
  Timeout,
  Worker,
} from "watchbill";

const backoff = new StaticBackoff({ sleep: "1s" });
const notADuration = 'is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"';
const needsArgument =
  "Fetcher: its constructor needs an argument: pass an instance instead of the class, or use the option resolve";

function problemsOf(...sources: object[]): readonly string[] {
  try {
    bootstrap(sources);
    return [];
  } catch (error) {
    if (error instanceof BootstrapError) return error.problems;
    throw error;
  }
}

describe("A class that cannot be constructed", () => {
  it("has all its other problems reported as well", () => {
    class Fetcher {
      constructor(readonly config: object) {}

      @Repeat("5x" as never)
      malformed() {}

      @Repeat((self: Fetcher) => self.config as never, { jiter: "5s" } as never)
      misspelt() {}

      @Repeat("1s", { jitter: "5s" })
      jittery() {}

      @Worker
      @Timeout("5s")
      refined() {}

      @Worker({ restart: "never" })
      @Retry(() => backoff)
      contradictory() {}

      // @ts-expect-error two parameters
      @Worker
      both(_context: unknown, _second: unknown) {}

      @Repeat("5s")
      *poll() {}

      @Repeat("5s")
      @RetryJob({ backoff, maxAttempts: 0 })
      hopeless() {}

      @Worker
      @Named("")
      nameless() {}

      @Worker
      @Named("same")
      one() {}

      @Worker
      @Named("same")
      other() {}

      @Repeat((self: Fetcher) => self.config as never)
      @Named((self: Fetcher) => Object.keys(self.config).join())
      fine() {}
    }
    expect(problemsOf(Fetcher)).to.deep.equal([
      needsArgument,
      `Fetcher.malformed: '5x' ${notADuration}`,
      'Fetcher.misspelt: @Repeat has no option "jiter": did you mean jitter?',
      "Fetcher.jittery: A jitter of 5000 ms would skip runs at an interval of 1000 ms: pass a shorter one",
      "@Timeout is on Fetcher.refined, which is a @Worker: it is for the runs of a @Repeat",
      'Fetcher.contradictory: The worker Fetcher/contradictory has restart "never" and a retry: leave one of them out',
      "Fetcher.both takes 2 parameters: a worker receives one, its context; add a default to the others",
      "Fetcher.poll is a generator function, of which nothing would run: use an async function; to go through a generator, iterate over it in the job",
      "Fetcher.hopeless: maxAttempts is 0: pass a whole number, 1 or more",
      "Fetcher.nameless: '' is not a name: pass a string that is not empty",
      'Fetcher.one and Fetcher.other are both named "Fetcher/same": rename one of them, for example with @Named((self) => …)',
    ]);
  });

  it("has its class decorators checked too", () => {
    @Named("")
    @Retry({ backoff, maxRestart: 5 } as never)
    class Fetcher {
      constructor() {
        throw new Error("no database");
      }

      @Worker
      tick() {}
    }
    expect(problemsOf(Fetcher)).to.deep.equal([
      "Fetcher: Error: no database",
      "Fetcher: '' is not a name: pass a string that is not empty",
      'Fetcher: @Retry has no option "maxRestart": did you mean maxRestarts?',
    ]);
  });

  it("is checked without constructing it and without calling its functions", () => {
    const calls: string[] = [];
    class Base {
      constructor(readonly config: object) {
        calls.push("constructor");
      }

      get interval(): number {
        calls.push("getter");
        return 5;
      }

      workers() {
        calls.push("workers");
        return [];
      }
    }
    @Named(() => calls.push("name").toString())
    class Fetcher extends Base {
      @Repeat(() => calls.push("interval"))
      tick() {
        calls.push("tick");
      }
    }
    expect(problemsOf(Fetcher)).to.deep.equal([needsArgument]);
    expect(calls).to.deep.equal([]);
  });

  it("does not cause a name clash if only an instance knows the name", () => {
    const makeFetcher = () => {
      @Named((self: Fetcher) => self.region)
      class Fetcher {
        constructor(readonly region: string) {}

        @Worker
        tick() {}
      }
      return Fetcher;
    };
    expect(problemsOf(makeFetcher(), makeFetcher())).to.deep.equal([needsArgument, needsArgument]);
  });

  it("has its names compared with others if a function of the instance is for another decorator", () => {
    @Retry(() => backoff)
    class Fetcher {
      constructor(readonly config: object) {}

      @Worker
      tick() {}
    }
    const other = new DeclarativeWorker({ name: "Fetcher/tick", worker() {} });
    expect(problemsOf(Fetcher, other)).to.deep.equal([
      needsArgument,
      'Fetcher.tick and a DeclarativeWorker are both named "Fetcher/tick": rename one of them, for example with @Named((self) => …)',
    ]);
  });

  for (const [what, resolve] of [
    ["throws", () => JSON.parse("{")],
    ["returns undefined", () => undefined],
    ["rejects", () => Promise.reject(new Error("no database"))],
  ] as const) {
    it(`has its decorators checked if resolve ${what}`, () => {
      class Fetcher {
        @Repeat("5x" as never)
        malformed() {}
      }
      expect(() => bootstrap([Fetcher], { resolve: resolve as never }))
        .to.throw(BootstrapError)
        .with.property("problems")
        .that.has.length(2)
        .and.includes(`Fetcher.malformed: '5x' ${notADuration}`);
    });
  }

  it("can have members that only an instance would have", () => {
    class Fetcher {
      declare tick: () => void;

      constructor(readonly config: object) {}
    }
    Worker()(Fetcher.prototype, "tick", { value() {} });
    expect(problemsOf(Fetcher)).to.deep.equal([needsArgument]);
  });

  it("includes one whose base requires an argument, even if its text mentions a constructor", () => {
    class Base {
      constructor(readonly config: object) {}

      @Worker
      tick() {}
    }
    class Fetcher extends Base {
      readonly kind = "made without a constructor";
    }
    expect(problemsOf(Fetcher)).to.deep.equal([needsArgument]);
  });
});
