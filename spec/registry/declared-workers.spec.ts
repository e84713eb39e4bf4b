import { expect } from "chai";
import { type SinonFakeTimers, spy, stub, useFakeTimers } from "sinon";
import {
  BootstrapError,
  bootstrap,
  type Duration,
  Named,
  Repeat,
  Retry,
  RetryJob,
  StaticBackoff,
  Worker,
  type WorkerContext,
} from "watchbill";
import { recordDecorator } from "../../lib/decorators/decorator-record.js";

const backoff = new StaticBackoff({ sleep: "1s" });
const notADuration = 'is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"';
const notABackoff = "is not a backoff: pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)";

describe("The workers that a class declares", () => {
  it("are in the order of its methods", () => {
    class Fetcher {
      @Worker
      second() {}

      @Repeat("5s")
      first() {}

      undecorated() {}

      @Worker
      third() {}
    }
    expect(bootstrap([Fetcher]).workers.map(({ name }) => name)).to.deep.equal([
      "Fetcher/second",
      "Fetcher/first",
      "Fetcher/third",
    ]);
  });

  it("can be compared and inspected as plain fields", () => {
    class Fetcher {
      @Repeat("5s")
      @Retry({ backoff, resetAfter: "5m" })
      @RetryJob(backoff)
      fetchCommits() {}
    }
    const [worker] = bootstrap([Fetcher]).workers;
    expect(Object.assign({}, worker, { job: undefined })).to.deep.equal({
      name: "Fetcher/fetchCommits",
      worker: undefined,
      timeout: undefined,
      restart: undefined,
      job: undefined,
      repeat: { interval: 5_000, startImmediately: false },
      retry: { backoff, resetAfter: "5m" },
      retryJob: backoff,
    });
  });

  it("have all their problems reported at once", () => {
    class Fetcher {
      @Retry(backoff)
      @Named("a")
      refined() {}

      @Worker
      @Worker
      @Repeat("5s")
      twice() {}

      @Repeat("5 s" as never)
      malformed() {}

      @Worker
      @Retry({} as never)
      unretried() {}

      @Worker
      fine() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        'Fetcher.refined has @Named and @Retry but is not a worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again',
        "@Worker is on Fetcher.twice more than once: keep one",
        "Fetcher.twice is both @Worker and @Repeat: keep @Worker if it runs until it is stopped, @Repeat if it is run again and again",
        `Fetcher.malformed: '5 s' ${notADuration}`,
        `Fetcher.unretried: an object without keys ${notABackoff}`,
      ]);
  });

  it("have all problems of one method reported at once", () => {
    const thrown = new Error("no topic");
    class Fetcher {
      @Repeat("5x" as never)
      @Retry("1s" as never)
      @RetryJob(5 as never)
      @Named((): string => {
        throw thrown;
      })
      fetchCommits() {}
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.property("problems")
      .that.has.members([
        `Fetcher.fetchCommits: '5x' ${notADuration}`,
        `Fetcher.fetchCommits: a string ${notABackoff}`,
        `Fetcher.fetchCommits: 5 ${notABackoff}`,
        "Fetcher.fetchCommits: Error: no topic",
      ]);
  });

  it("must still be methods of the instance", () => {
    class Fetcher {
      @Worker
      watchEvents() {}
    }
    const instance = Object.assign(new Fetcher(), { watchEvents: undefined });
    expect(() => bootstrap([instance]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", ["Fetcher.watchEvents is decorated as a worker, but is not a method of the instance"]);
  });

  it("report their other problems even if a member throws when it is read", () => {
    class Fetcher {
      @Worker
      watchEvents() {}

      @Repeat("5x" as never)
      fetchCommits() {}
    }
    const instance = Object.defineProperty(new Fetcher(), "watchEvents", {
      get() {
        throw new Error("not yet");
      },
    });
    expect(() => bootstrap([instance]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", ["Fetcher.watchEvents: Error: not yet", `Fetcher.fetchCommits: '5x' ${notADuration}`]);
  });

  it("need a class with a name, which can be set by @Named", () => {
    class Base {
      @Worker
      watchEvents() {}
    }
    const nameless = () => class extends Base {};
    expect(() => bootstrap([nameless()]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", ["A class without a name has workers: name it with @Named"]);
    const type = nameless();
    Named("github")(type);
    expect(bootstrap([type]).workers[0]?.name).to.equal("github/watchEvents");
  });

  it("need that name also if the class has other decorators, or @Named where it cannot be", () => {
    class Base {
      @Worker
      watchEvents() {}
    }
    const missing = "A class without a name has workers: name it with @Named";
    const retried = (() => class extends Base {})();
    Retry(backoff)(retried);
    expect(() => bootstrap([retried]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [missing]);
    const misnamed = (() => class extends Base {})();
    recordDecorator("Named", ["github"], [misnamed, undefined, 0]);
    const misplaced = "@Named cannot be on a class without a name: it is on a parameter: put it on the method";
    expect(() => bootstrap([misnamed]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [misplaced, missing]);
  });
});

describe("A running declared worker", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  class Fetcher {
    readonly interval: Duration = "5s";
    readonly calls: unknown[] = [];

    @Repeat((self: Fetcher) => self.interval)
    fetchCommits(...args: [WorkerContext]) {
      this.calls.push(args.length, args[0].name);
    }
  }

  async function runFor(ms: number, instance: Fetcher, whileRunning = () => {}) {
    const controller = new AbortController();
    const runner = bootstrap([instance], { signal: controller.signal });
    whileRunning();
    const running = runner.run();
    await clock.tickAsync(ms);
    controller.abort();
    await running;
  }

  it("is called as a method of its instance, with only its context", async () => {
    const instance = new Fetcher();
    await runFor(10_000, instance);
    expect(instance.calls).to.deep.equal([1, "Fetcher/fetchCommits", 1, "Fetcher/fetchCommits"]);
  });

  it("is read from the instance for every run, so that it can be stubbed after bootstrap", async () => {
    const instance = new Fetcher();
    const names: string[] = [];
    await runFor(5_000, instance, () => stub(instance, "fetchCommits").callsFake(({ name }) => names.push(name)));
    expect(names).to.deep.equal(["Fetcher/fetchCommits"]);
    expect(instance.calls).to.deep.equal([]);
  });

  it("can be spied on", async () => {
    const instance = new Fetcher();
    const calls = spy(instance, "fetchCommits");
    await runFor(15_000, instance);
    expect(calls.callCount).to.equal(3);
    expect(calls.alwaysCalledOn(instance)).to.equal(true);
  });
});
