import { expect } from "chai";
import { useFakeTimers } from "sinon";
import {
  BootstrapError,
  type BootstrapOptions,
  bootstrap,
  DeclarativeWorker,
  ExponentialBackoff,
  Named,
  Repeat,
  Retry,
  Runner,
  WatchbillError,
  Worker,
  type WorkerContext,
} from "watchbill";

const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5 });

@Named("github")
class CommitFetcher {
  @Repeat("5s")
  @Retry(backoff)
  @Named("commits")
  async fetchCommits(_context: WorkerContext) {}

  @Worker
  @Retry(backoff)
  async watchEvents(_context: WorkerContext) {}
}

class Idle {}

const idle = "Idle has no workers: decorate a method with @Worker or @Repeat, or add a method workers()";
const notADuration = 'is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"';
const needsMethods = "The option logger must have the methods debug, info, warn and error";

describe("bootstrap", () => {
  it("creates the workers that the decorators declare, and starts nothing", () => {
    const { workers } = bootstrap([CommitFetcher]);
    expect(workers.map(({ name }) => name)).to.deep.equal(["github/commits", "github/watchEvents"]);
    expect(workers[0]).to.deep.include({ repeat: { interval: 5_000, startImmediately: false }, retry: backoff });
  });

  it("sets no timer, adds no listener and calls no method", () => {
    const clock = useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    const listeners = process.listenerCount("SIGTERM");
    let calls = 0;
    const worker = new DeclarativeWorker({ name: "eager", job: () => calls++, repeat: { interval: 1, startImmediately: true } });
    try {
      const runner = bootstrap([CommitFetcher, worker]);
      expect(clock.countTimers()).to.equal(0);
      clock.tick(60_000);
      expect(runner.status().map(({ phase, runs }) => [phase, runs])).to.deep.equal(Array(3).fill(["stopped", 0]));
    } finally {
      clock.restore();
    }
    expect(process.listenerCount("SIGTERM")).to.equal(listeners);
    expect(calls).to.equal(0);
  });

  it("returns a runner, for any list of sources", () => {
    expect(bootstrap(new Set([CommitFetcher]))).to.be.instanceOf(Runner);
    expect(bootstrap([]).workers).to.deep.equal([]);
  });

  it("filters the workers by name", () => {
    const worker = new DeclarativeWorker({ name: "janitor", worker() {} });
    const namesWith = (options: BootstrapOptions) => bootstrap([CommitFetcher, worker], options).workers.map(({ name }) => name);
    expect(namesWith({ only: "github/*" })).to.deep.equal(["github/commits", "github/watchEvents"]);
    expect(namesWith({ except: ["github/commits", "janitor"] })).to.deep.equal(["github/watchEvents"]);
  });

  for (const sources of [CommitFetcher, new CommitFetcher(), "CommitFetcher", undefined, null, 5]) {
    it(`requires a list of sources: ${typeof sources}`, () => {
      const error = expect(() => bootstrap(sources as never)).to.throw(BootstrapError);
      error.with.deep.property("problems", ["The sources must be a list: bootstrap([CommitFetcher])"]);
      error.with.deep.property("errors", []);
    });
  }

  for (const [options, problem] of [
    [{ shutdownTimeut: "5s" }, 'bootstrap has no option "shutdownTimeut": did you mean shutdownTimeout?'],
    [{ reslove: () => ({}) }, 'bootstrap has no option "reslove": did you mean resolve?'],
    [null, "The options of bootstrap are null: pass an object"],
    [[], "The options of bootstrap are an array of 0: pass an object"],
    [{ shutdownTimeout: "5 s" }, `The option shutdownTimeout: '5 s' ${notADuration}`],
    [{ shutdownTimeout: Number.POSITIVE_INFINITY }, `The option shutdownTimeout: Infinity ${notADuration}`],
    [{ logger: null }, `${needsMethods}: it is null`],
    [{ logger: "postgres://u:secret@h" }, `${needsMethods}: it is a string`],
    [
      { logger: { url: "postgres://u:secret@h" } },
      `${needsMethods}: it is an object with the key url, and has no method debug, info, warn, error`,
    ],
    [{ logger: { error() {}, warn() {} } }, `${needsMethods}: it has no method debug and no method info`],
    [
      { engine: { connection: "postgres://u:secret@h" } },
      "The option engine: an object with the key connection is not an engine: pass what bullmq() of watchbill/bullmq returns",
    ],
    [{ signal: {} }, "The option signal: an object without keys is not an AbortSignal"],
    [{ signal: new EventTarget() }, "The option signal: an instance of EventTarget is not an AbortSignal"],
    [
      { signals: ["SIGTERM", "SIGKILL"] },
      `The option signals: 'SIGKILL' is not a signal that a process can listen to: use "SIGTERM", for example`,
    ],
    [{ signals: [15] }, `The option signals: 15 is not a signal that a process can listen to: use "SIGTERM", for example`],
    [{ only: "gitlab/*" }, 'The option only: "gitlab/*" names no worker; there are github/commits, github/watchEvents'],
    [{ only: [5] }, "The option only: 5 is not a name pattern: use a string"],
    [{ except: [null] }, "The option except: null is not a name pattern: use a string"],
  ] as [object, string][]) {
    it(`reports an invalid option: ${problem}`, () => {
      const error = expect(() => bootstrap([CommitFetcher], options)).to.throw(BootstrapError);
      error.with.deep.property("problems", [problem]);
      error.not.to.have.own.property("cause");
    });
  }

  for (const options of [{ signals: "SIGTERM" }, { signals: 15 }, { resolve: {} }, { resolve: 5, signals: {} }]) {
    it(`reports an option of the wrong type in the library's own words: ${JSON.stringify(options)}`, () => {
      const error = expect(() => bootstrap([CommitFetcher], options as never)).to.throw(BootstrapError);
      error.with.property("message").that.does.not.include("is not a function");
    });
  }

  it("reports every problem of the sources and of the options at once", () => {
    const thrown = new Error("no database");
    class Broken extends CommitFetcher {
      constructor() {
        super();
        throw thrown;
      }
    }
    const options = { shutdownTimeout: "5x", only: "nobody" } as object;
    const error = expect(() => bootstrap([Idle, CommitFetcher, Broken, CommitFetcher], options)).to.throw(BootstrapError);
    error.with.property(
      "message",
      `Nothing was started, because of 4 problems:
  - ${idle}
  - Broken: Error: no database
  - CommitFetcher is passed twice: pass it once
  - The option shutdownTimeout: '5x' ${notADuration}`,
    );
    error.with.property("cause", thrown);
    error.with.property("name", "BootstrapError");
    error.instanceOf(WatchbillError);
  });

  it("reports every invalid option at once", () => {
    const options = {
      logger: null,
      signal: {},
      signals: ["SIGKILL"],
      shutdownTimeout: "5x",
      only: ["a", "b"],
      except: [5],
      retries: 5,
    } as object;
    expect(() => bootstrap([CommitFetcher], options))
      .to.throw(BootstrapError)
      .with.property("problems")
      .that.has.members([
        'bootstrap has no option "retries": there are resolve, logger, signal, signals, shutdownTimeout, stopOrder, engine, retry, around, only, except',
        `${needsMethods}: it is null`,
        "The option signal: an object without keys is not an AbortSignal",
        `The option signals: 'SIGKILL' is not a signal that a process can listen to: use "SIGTERM", for example`,
        `The option shutdownTimeout: '5x' ${notADuration}`,
        'The option only: "a" names no worker; there are github/commits, github/watchEvents',
        'The option only: "b" names no worker; there are github/commits, github/watchEvents',
        "The option except: 5 is not a name pattern: use a string",
      ]);
  });

  it("does not report unknown names in only while the sources are invalid, as the workers are not known", () => {
    expect(() => bootstrap([Idle], { only: "github/*" }))
      .to.throw(BootstrapError)
      .with.deep.property("problems", [idle]);
  });

  it("accepts two hundred thousand sources, and as many problems", () => {
    const worker = () => {};
    const sources = Array.from({ length: 200_000 }, (_, i) => new DeclarativeWorker({ name: `w${i}`, worker }));
    expect(bootstrap(sources).workers).to.have.length(200_000);
    const nameless = Array.from({ length: 200_000 }, () => ({}));
    expect(() => bootstrap(nameless))
      .to.throw(BootstrapError)
      .with.property("problems")
      .with.length(200_000);
  });
});
