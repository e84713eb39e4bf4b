import { expect } from "chai";
import {
  BootstrapError,
  bootstrap,
  DeclarativeWorker,
  Named,
  named,
  repeat,
  retry,
  StaticBackoff,
  Worker,
  type WorkerConfigurer,
  type WorkerContext,
} from "watchbill";

const backoff = new StaticBackoff({ sleep: "1s" });
const untilAborted = ({ signal }: WorkerContext) => new Promise((resolve) => signal.addEventListener("abort", resolve));

/** A configurer named Fetcher, with these workers. */
function fetcher(...workers: unknown[]) {
  class Fetcher implements WorkerConfigurer {
    workers() {
      return workers as never;
    }
  }
  return new Fetcher();
}

const namesOf = (...sources: object[]) => bootstrap(sources).workers.map(({ name }) => name);

describe("A configurer's workers", () => {
  it("are DeclarativeWorkers whose names are prefixed with the class's", () => {
    class Fetcher implements WorkerConfigurer {
      workers() {
        return ["eu", "us"].map((name) => new DeclarativeWorker({ name, repeat: "5s", job: untilAborted, retry: backoff }));
      }
    }
    const { workers } = bootstrap([Fetcher]);
    expect(workers.map((worker) => Object.assign({}, worker))).to.deep.equal(
      ["Fetcher/eu", "Fetcher/us"].map((name) => ({
        name,
        worker: undefined,
        timeout: undefined,
        restart: undefined,
        job: untilAborted,
        repeat: { interval: 5_000, startImmediately: false },
        retry: backoff,
        retryJob: undefined,
      })),
    );
    expect(workers[0]).to.be.instanceOf(DeclarativeWorker);
    expect(namesOf(new Fetcher())).to.deep.equal(["Fetcher/eu", "Fetcher/us"]);
  });

  it("do not modify the DeclarativeWorkers that workers() returned", () => {
    const worker = new DeclarativeWorker({ name: "eu", worker: untilAborted });
    expect(namesOf(fetcher(worker))).to.deep.equal(["Fetcher/eu"]);
    expect(worker.name).to.equal("eu");
  });

  it("can be any workers, named after what they are", () => {
    class Watcher {
      run() {}
    }
    expect(
      namesOf(
        fetcher(
          function tick() {},
          named(() => {}, "eu"),
          retry(function tock() {}, backoff),
          retry(named(untilAborted, "us"), backoff),
          repeat("5s", function fetchCommits() {}),
          new Watcher(),
          new DeclarativeWorker({ worker: function watch() {} }),
        ),
      ),
    ).to.deep.equal([
      "Fetcher/tick",
      "Fetcher/eu",
      "Fetcher/tock",
      "Fetcher/us",
      "Fetcher/fetchCommits",
      "Fetcher/Watcher",
      "Fetcher/watch",
    ]);
  });

  it("are numbered if they have no name", () => {
    const workers = [async () => {}, untilAborted, () => {}].map((worker) => retry(worker, backoff));
    expect(namesOf(fetcher(...workers, { run() {} }, bootstrap([])))).to.deep.equal([
      "Fetcher/worker 1",
      "Fetcher/untilAborted",
      "Fetcher/worker 3",
      "Fetcher/worker 4",
      "Fetcher/worker 5",
    ]);
  });

  it("can be combined with decorated methods, and share the name of @Named", () => {
    @Named("github")
    class Fetcher implements WorkerConfigurer {
      @Worker
      watchEvents() {}

      workers() {
        return [named(() => {}, "eu")];
      }
    }
    expect(namesOf(Fetcher)).to.deep.equal(["github/watchEvents", "github/eu"]);
  });

  it("are read once, from the instance", () => {
    let asked = 0;
    class Fetcher implements WorkerConfigurer {
      readonly region = "eu";

      workers() {
        asked++;
        return [named(() => {}, this.region)];
      }
    }
    const { workers } = bootstrap([Fetcher]);
    expect(workers[0]?.name).to.equal("Fetcher/eu");
    expect(asked).to.equal(1);
  });

  it("cannot be an empty list", () => {
    expect(() => bootstrap([fetcher()]))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        "Fetcher.workers(): it returned no worker: leave the source out if there is nothing to run",
      ]);
  });

  it("are each reported if they are not workers", () => {
    const error = expect(() => bootstrap([fetcher(5, {}, null, untilAborted)])).to.throw(BootstrapError);
    error.with.deep.property("problems", [
      "Fetcher.workers(): 5 is not a worker: pass a function, or an object with a method run(context)",
      "Fetcher.workers(): an object without keys is not a worker: pass a function, or an object with a method run(context)",
      "Fetcher.workers(): null is not a worker: pass a function, or an object with a method run(context)",
    ]);
  });

  it("must have different names", () => {
    expect(() =>
      bootstrap([
        fetcher(
          named(() => {}, "eu"),
          named(() => {}, "eu"),
        ),
      ]),
    )
      .to.throw(BootstrapError)
      .with.deep.property("problems", [
        'Fetcher.workers() and Fetcher.workers() are both named "Fetcher/eu": rename one of them, for example with @Named((self) => …)',
      ]);
  });

  it("are reported if workers() throws, with the thrown value as the cause", () => {
    const thrown = new Error("no database");
    class Fetcher implements WorkerConfigurer {
      workers(): never {
        throw thrown;
      }
    }
    const error = expect(() => bootstrap([Fetcher])).to.throw(BootstrapError);
    error.with.deep.property("problems", ["Fetcher.workers(): Error: no database"]);
    error.with.property("cause", thrown);
  });

  it("must be returned in an array", () => {
    class Fetcher {
      workers() {
        return new DeclarativeWorker({ name: "eu", worker() {} });
      }
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.property("problems")
      .that.satisfies(([problem = "", ...others]: string[]) => {
        const start = "Fetcher.workers(): it returned an instance of DeclarativeWorker with the keys ";
        return problem.startsWith(start) && problem.endsWith(": return an array of workers") && others.length === 0;
      });
  });

  it("cannot be returned as a promise", () => {
    class Fetcher {
      async workers() {
        return [untilAborted];
      }
    }
    expect(() => bootstrap([Fetcher]))
      .to.throw(BootstrapError)
      .with.property("message")
      .that.does.not.include("leave the source out if there is nothing to run");
  });

  it("do not hide the problems of other sources if a getter throws", () => {
    class Fetcher {
      get workers() {
        throw new Error("no database");
      }
    }
    class Idle {}
    expect(() => bootstrap([new Fetcher(), Idle]))
      .to.throw(BootstrapError)
      .with.property("problems")
      .that.includes("Idle has no workers: decorate a method with @Worker or @Repeat, or add a method workers()");
  });

  it("are not read from a decorated method that is named workers", () => {
    let calls = 0;
    class Office {
      @Worker
      workers() {
        calls++;
        return [];
      }
    }
    class Branch extends Office {
      override workers() {
        calls++;
        return [];
      }
    }
    expect(namesOf(Office, new Branch())).to.deep.equal(["Office/workers", "Branch/workers"]);
    expect(calls).to.equal(0);
  });
});
