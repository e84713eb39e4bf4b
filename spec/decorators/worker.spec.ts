import { expect } from "chai";
import { BootstrapError, bootstrap, Named, Repeat, Retry, RetryJob, StaticBackoff, Worker, type WorkerContext } from "watchbill";

const backoff = new StaticBackoff({ sleep: "1s" });

describe("@Worker", () => {
  it("declares a method as a worker without repetition, named after class and method", () => {
    class Fetcher {
      @Worker
      watchEvents(_context: WorkerContext) {}
    }
    const { workers } = bootstrap([Fetcher]);
    expect(workers).to.have.length(1);
    expect(workers[0]).to.include({ name: "Fetcher/watchEvents", job: undefined, repeat: undefined, retry: undefined });
    expect(workers[0]?.worker).to.be.a("function");
  });

  it("is the same as @Worker()", () => {
    class Bare {
      @Worker
      @Named("tick")
      watch() {}
    }
    class Called {
      @Worker()
      @Named("tick")
      watch() {}
    }
    const [bare, called] = bootstrap([Bare, Called]).workers;
    const difference = { name: "", worker: undefined };
    expect(Object.assign({}, bare, difference)).to.deep.equal(Object.assign({}, called, difference));
    expect([bare?.name, called?.name]).to.deep.equal(["Bare/tick", "Called/tick"]);
  });

  it("can be used once: @Worker together with @Worker() is reported", () => {
    class Fetcher {
      @Worker
      @Worker()
      watchEvents() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", ["@Worker is on Fetcher.watchEvents more than once: keep one"]);
  });

  it("excludes @Repeat, in any order", () => {
    class Fetcher {
      @Worker
      @Repeat("5s")
      outer() {}

      @Repeat("5s")
      @Worker
      inner() {}
    }
    const hint = "keep @Worker if it runs until it is stopped, @Repeat if it is run again and again";
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        `Fetcher.outer is both @Worker and @Repeat: ${hint}`,
        `Fetcher.inner is both @Worker and @Repeat: ${hint}`,
      ]);
  });

  it("excludes @RetryJob, as it has no runs", () => {
    class Fetcher {
      @Worker
      @RetryJob(backoff)
      watchEvents() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "@RetryJob is on Fetcher.watchEvents, which is a @Worker: it is for the runs of a @Repeat",
      ]);
  });

  it("does not replace the method", () => {
    const watchEvents = function (this: void) {};
    class Fetcher {
      watchEvents() {}
    }
    const descriptor = { value: watchEvents, writable: true, enumerable: false, configurable: true };
    expect(Worker(Fetcher.prototype, "watchEvents", descriptor)).to.equal(undefined);
    expect(Worker()(Fetcher.prototype, "watchEvents", descriptor)).to.equal(undefined);
    expect(descriptor.value).to.equal(watchEvents);
  });
});

describe("The order of the decorators on a method", () => {
  const described = (type: new () => object) => {
    const [worker] = bootstrap([type]).workers;
    return Object.assign({}, worker, {
      name: worker?.name?.replace(/^.*\//, ""),
      worker: typeof worker?.worker,
      job: typeof worker?.job,
    });
  };

  it("makes no difference to a worker", () => {
    class First {
      @Worker
      @Retry(backoff)
      @Named("events")
      watch() {}
    }
    class Second {
      @Named("events")
      @Retry(backoff)
      @Worker()
      watch() {}
    }
    class Third {
      @Retry(backoff)
      @Worker
      @Named("events")
      watch() {}
    }
    expect(described(First)).to.deep.include({ name: "events", retry: backoff, worker: "function", job: "undefined" });
    expect(described(Second)).to.deep.equal(described(First));
    expect(described(Third)).to.deep.equal(described(First));
  });

  it("makes no difference to a repeated job", () => {
    class First {
      @Repeat("5s", { startImmediately: true })
      @Retry(backoff)
      @RetryJob(backoff)
      @Named("commits")
      fetch() {}
    }
    class Second {
      @Named("commits")
      @RetryJob(backoff)
      @Retry(backoff)
      @Repeat("5s", { startImmediately: true })
      fetch() {}
    }
    expect(described(First)).to.deep.include({
      name: "commits",
      repeat: { interval: 5_000, startImmediately: true },
      retry: backoff,
      retryJob: backoff,
      worker: "undefined",
      job: "function",
    });
    expect(described(Second)).to.deep.equal(described(First));
  });

  it("accepts options, or a function of the instance that returns them", () => {
    class Migration {
      readonly restart = "never";

      @Worker({ restart: "on-failure" })
      up() {}

      @Worker((self: Migration) => ({ restart: self.restart }))
      down() {}

      @Worker({})
      verify() {}
    }
    expect(bootstrap([Migration]).workers.map(({ restart }) => restart)).to.deep.equal(["on-failure", "never", undefined]);
  });

  it("is reported with invalid options", () => {
    class Migration {
      @Worker({ restart: "sometimes" as never })
      up() {}

      @Worker(5 as never)
      down() {}

      @Worker({ shutdownTimeout: "5x" as never })
      verify() {}
    }
    expect(() => bootstrap([Migration]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        `Migration.up: restart is 'sometimes': use "always", "on-failure" or "never"`,
        "Migration.down: The options of @Worker are a number: pass an object",
        `Migration.verify: shutdownTimeout: '5x' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`,
      ]);
  });
});
