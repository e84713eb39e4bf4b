import { expect } from "chai";
import {
  type Backoff,
  BootstrapError,
  bootstrap,
  DeclarativeWorker,
  ExponentialBackoff,
  Named,
  Repeat,
  Retry,
  StaticBackoff,
  Worker,
  type WorkerConfigurer,
} from "watchbill";

const backoff = new ExponentialBackoff({ initial: "1s", max: "1m" });
const other = new StaticBackoff({ sleep: "5s" });
const hint = "pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)";

const groupsOf = (...sources: object[]) => bootstrap(sources).workers.map(({ group }) => group);

const problemsOf = (...sources: object[]) => {
  try {
    bootstrap(sources);
  } catch (error) {
    if (error instanceof BootstrapError) return error.problems;
  }
  return [];
};

describe("@Retry on a class", () => {
  it("makes its workers one group, without changing their own declarations", () => {
    @Retry(backoff)
    class Feed {
      @Worker
      listen() {}

      @Repeat("5s")
      @Retry(other)
      fetch() {}
    }
    const { workers } = bootstrap([Feed]);
    expect(workers.map(({ name }) => name)).to.deep.equal(["Feed/listen", "Feed/fetch"]);
    expect(workers.map(({ retry }) => retry)).to.deep.equal([undefined, other]);
    expect(workers[0]?.group).to.deep.equal({ name: "Feed", retry: backoff });
    expect(workers[0]?.group?.retry).to.equal(backoff);
    expect(workers[1]?.group).to.equal(workers[0]?.group);
  });

  it("is optional for a group, which then does not restart as a whole", () => {
    class Feed {
      @Worker
      @Retry(backoff)
      listen() {}
    }
    const standalone = new DeclarativeWorker({ name: "standalone", worker() {} });
    expect(groupsOf(Feed, standalone)).to.deep.equal([{ name: "Feed", retry: undefined }, undefined]);
  });

  it("makes one group per instance", () => {
    @Retry(backoff)
    @Named((self: Feed) => self.region)
    class Feed {
      constructor(readonly region: string) {}

      @Worker
      listen() {}
    }
    expect(groupsOf(new Feed("eu"), new Feed("us"))).to.deep.equal([
      { name: "eu", retry: backoff },
      { name: "us", retry: backoff },
    ]);
  });

  it("accepts options, or any object with a method duration(attempt), and keeps the same object", () => {
    const options = { backoff: { duration: (attempt: number) => attempt }, maxRestarts: 3, within: "1m" } as const;
    const linear: Backoff = { duration: (attempt) => attempt * 1_000 };
    @Retry(options)
    class First {
      @Worker
      listen() {}
    }
    @Retry(linear)
    class Second {
      @Worker
      listen() {}
    }
    const [first, second] = groupsOf(First, Second);
    expect(first?.retry).to.equal(options);
    expect(second?.retry).to.equal(linear);
  });

  it("gets the policy from each instance, once, at bootstrap", () => {
    let asked = 0;
    @Retry((self: Feed) => {
      asked++;
      return new StaticBackoff({ sleep: self.sleep });
    })
    class Feed {
      constructor(readonly sleep: number) {}

      @Worker
      @Named((self: Feed) => `${self.sleep}`)
      listen() {}

      @Worker
      @Named((self: Feed) => `${self.sleep} again`)
      watch() {}
    }
    const groups = groupsOf(new Feed(1_000), new Feed(2_000));
    expect(groups.map((group) => group?.retry)).to.deep.equal(
      [1_000, 1_000, 2_000, 2_000].map((sleep) => new StaticBackoff({ sleep })),
    );
    expect(asked).to.equal(2);
  });

  it("can be combined with @Named in any order", () => {
    @Named("github")
    @Retry(backoff)
    class First {
      @Worker
      listen() {}
    }
    @Retry(backoff)
    @Named("gitlab")
    class Second {
      @Worker
      listen() {}
    }
    expect(groupsOf(First, Second)).to.deep.equal([
      { name: "github", retry: backoff },
      { name: "gitlab", retry: backoff },
    ]);
    expect(bootstrap([First, Second]).workers.map(({ name }) => name)).to.deep.equal(["github/listen", "gitlab/listen"]);
  });

  it("is inherited by a subclass, under its own name, unless that has its own @Retry", () => {
    @Named("base")
    @Retry(backoff)
    class Base {
      @Worker
      listen() {}
    }
    class Inheriting extends Base {}
    @Retry(other)
    class Overriding extends Inheriting {
      @Worker
      watch() {}
    }
    class Grandchild extends Overriding {}
    expect(groupsOf(Base, Inheriting, Overriding, Grandchild)).to.deep.equal([
      { name: "base", retry: backoff },
      { name: "Inheriting", retry: backoff },
      { name: "Overriding", retry: other },
      { name: "Overriding", retry: other },
      { name: "Grandchild", retry: other },
      { name: "Grandchild", retry: other },
    ]);
  });

  it("uses the instance of the subclass when it is inherited", () => {
    @Retry((self: Base) => new StaticBackoff({ sleep: self.sleep }))
    class Base {
      readonly sleep: number = 100;

      @Worker
      listen() {}
    }
    class Slow extends Base {
      override readonly sleep = 60_000;
    }
    expect(groupsOf(Slow)[0]?.retry).to.deep.equal(new StaticBackoff({ sleep: 60_000 }));
  });

  it("groups the workers of a WorkerConfigurer with its decorated methods", () => {
    @Retry(backoff)
    class Feed implements WorkerConfigurer {
      @Worker
      listen() {}

      workers() {
        return ["eu", "us"].map((name) => new DeclarativeWorker({ name, worker() {}, retry: other }));
      }
    }
    const { workers } = bootstrap([Feed]);
    expect(workers.map(({ name, retry }) => [name, retry])).to.deep.equal([
      ["Feed/listen", undefined],
      ["Feed/eu", other],
      ["Feed/us", other],
    ]);
    expect(new Set(workers.map(({ group }) => group)).size).to.equal(1);
    expect(workers[2]?.group).to.deep.equal({ name: "Feed", retry: backoff });
  });

  it("can be used once", () => {
    @Retry(backoff)
    @Retry(other)
    class Feed {
      @Worker
      listen() {}
    }
    expect(problemsOf(Feed)).to.deep.equal(["@Retry is on Feed more than once: keep one"]);
  });

  it("does not declare workers on a class that has none", () => {
    const decorate = Retry(backoff);
    @decorate
    class Idle {}
    const problem = "has no workers: decorate a method with @Worker or @Repeat, or add a method workers()";
    expect(problemsOf(Idle, new Idle())).to.deep.equal([`Idle ${problem}`, `An instance of Idle ${problem}`]);
  });

  for (const [policy, problem] of [
    [{ sleep: "5s" }, `an object with the key sleep is not a backoff: ${hint}`],
    ["1s", `a string is not a backoff: ${hint}`],
    [null, `null is not a backoff: ${hint}`],
    [() => undefined, `undefined is not a backoff: ${hint}`],
    [{ backoff, maxRestarts: -1 }, "maxRestarts is -1: pass a whole number, 0 or more"],
    [{ backoff, within: "1m" }, "within needs maxRestarts: pass the number of restarts that are allowed in that time"],
    [{ backoff, retryIf: true }, "retryIf is true: pass a function that returns a boolean"],
  ] as const) {
    it(`reports a malformed policy at bootstrap, once for all its workers: ${problem}`, () => {
      @Retry(policy as never)
      class Feed {
        @Worker
        listen() {}

        @Worker
        watch() {}
      }
      expect(problemsOf(Feed)).to.deep.equal([`Feed: ${problem}`]);
    });
  }

  it("reports a function of the instance that throws, with the thrown value as the cause", () => {
    const thrown = new Error("no configuration");
    @Retry((): Backoff => {
      throw thrown;
    })
    class Feed {
      @Worker
      listen() {}
    }
    const error = expect(() => bootstrap([Feed])).to.throw(BootstrapError);
    error.with.deep.property("problems", ["Feed: Error: no configuration"]);
    error.with.property("cause", thrown);
  });
});
