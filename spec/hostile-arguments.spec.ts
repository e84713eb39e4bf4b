import { expect } from "chai";
import {
  BootstrapError,
  bootstrap,
  DeclarativeWorker,
  ExponentialBackoff,
  group,
  InvalidArgumentError,
  named,
  Retry,
  Runner,
  repeat,
  retry,
  retryJob,
  runAllJobs,
  runAllWorkers,
  StaticBackoff,
  timeout,
  Worker,
  type WorkerContext,
  WorkerRegistry,
  wait,
} from "watchbill";
import { untouchable } from "./errors/hostile-values.fixture.js";

const trapped = new Error("not to be looked at");
const refuse = (): never => {
  throw trapped;
};

/** An object or an array with one trap, which throws. */
function trap(name: keyof ProxyHandler<object>, target: object = {}): never {
  return new Proxy(target, { [name]: refuse }) as never;
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

const job = () => {};
const worker = new DeclarativeWorker({ name: "x", worker: job });
const traps = ["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor"] as const;

describe("A hostile argument", () => {
  for (const [what, sources] of [
    ["has", trap("has")],
    ["get", trap("get", [])],
    ["iterator", { [Symbol.iterator]: refuse }],
  ] as const) {
    it(`as the sources of bootstrap is a problem: ${what}`, () => {
      const error = thrownBy(() => bootstrap(sources as never, { onlyy: "x" } as never));
      expect(error).to.be.instanceOf(BootstrapError).and.to.include({ cause: trapped });
      expect(error).to.have.deep.property("errors", [trapped]);
      expect(error).to.have.deep.property("problems", [
        "The sources: Error: not to be looked at",
        'bootstrap has no option "onlyy": did you mean only?',
      ]);
    });
  }

  it("as the options of bootstrap is a problem", () => {
    const error = thrownBy(() => bootstrap([], trap("ownKeys")));
    expect(error).to.be.instanceOf(BootstrapError).and.to.include({ cause: trapped });
    expect(error).to.have.deep.property("problems", ["The options of bootstrap cannot be read: pass a plain object"]);
  });

  it("as an option of bootstrap is a problem", () => {
    const error = thrownBy(() => bootstrap([5 as never], Object.defineProperty({}, "engine", { get: refuse })));
    expect(error).to.be.instanceOf(BootstrapError).and.to.have.deep.property("errors", [trapped]);
    expect(error).to.have.deep.property("problems", [
      "The option engine of bootstrap cannot be read: pass a plain object",
      "5 is not a source of workers: pass a class, an instance or a DeclarativeWorker",
    ]);
  });

  const { proxy: revoked, revoke } = Proxy.revocable<never[]>([], {});
  revoke();

  const values = { "an object": untouchable(), "an array": untouchable([]), "a revoked array": revoked };
  for (const option of ["logger", "signal", "signals", "stopOrder", "engine", "retry", "only", "except", "resolve"]) {
    for (const [what, value] of Object.entries(values)) {
      it(`as the option ${option} of bootstrap is a problem: ${what}`, () => {
        expect(thrownBy(() => bootstrap([], { [option]: value }))).to.be.instanceOf(BootstrapError);
      });
    }
  }

  for (const [what, value] of Object.entries(values)) {
    it(`as the workers of a runner is a problem: ${what}`, () => {
      expect(thrownBy(() => new Runner(value as never))).to.be.instanceOf(BootstrapError);
      expect(thrownBy(() => new Runner([value] as never))).to.be.instanceOf(BootstrapError);
    });
  }

  it("does not include a working proxy of a list, as frameworks use them", () => {
    expect(new Runner(new Proxy([worker], {})).workers).to.deep.equal([worker]);
    expect(bootstrap(new Proxy([worker], {}), { only: new Proxy(["x"], {}) }).workers).to.deep.equal([worker]);
  });

  it("as a source, and as a worker of a configurer, is a problem", () => {
    class Fetcher {
      workers() {
        return trap("get", []);
      }
    }
    const nameless = Object.defineProperty(class {}, "name", { get: refuse });
    // A readable proxy of a worker is a worker.
    const proxies = traps.flatMap((name) => [trap(name), trap(name, worker)]);
    for (const source of [...proxies, Fetcher, nameless]) {
      const error = thrownBy(() => bootstrap([source]));
      if (error !== undefined) expect(error).to.be.instanceOf(BootstrapError);
    }
    expect(thrownBy(() => bootstrap([Fetcher]))).to.have.deep.property("problems", [
      "Fetcher.workers(): Error: not to be looked at",
    ]);
  });

  it("thrown by the constructor of a class is a problem", () => {
    const hostile = untouchable();
    class Fetcher {
      constructor() {
        throw hostile;
      }
      @Worker
      fetchCommits() {}
    }
    expect(thrownBy(() => bootstrap([Fetcher])))
      .to.be.instanceOf(BootstrapError)
      .and.to.include({ cause: hostile });
  });

  const declarations: Record<string, (value: never) => unknown> = {
    "the options of a DeclarativeWorker": (value) => new DeclarativeWorker(value),
    "the worker of a DeclarativeWorker": (value) => new DeclarativeWorker({ worker: value }),
    "the job of a DeclarativeWorker": (value) => new DeclarativeWorker({ job: value, repeat: "1s" }),
    "the repeat of a DeclarativeWorker": (value) => new DeclarativeWorker({ job, repeat: value }),
    "the retry of a DeclarativeWorker": (value) => new DeclarativeWorker({ worker: job, retry: value }),
    "the retryJob of a DeclarativeWorker": (value) => new DeclarativeWorker({ job, repeat: "1s", retryJob: value }),
    "the timeout of a DeclarativeWorker": (value) => new DeclarativeWorker({ job, repeat: "1s", timeout: value }),
    "a worker of named": (value) => named(value, "x"),
    "a worker of group": (value) => group(value),
    "a worker of retry": (value) => retry(value, new StaticBackoff({ sleep: 1 })),
    "a backoff": (value) => retry(job, value),
    "the options of a retry": (value) => retry(job, { backoff: { duration: () => 1 }, retryIf: value }),
    "a job of retryJob": (value) => retryJob(value, new StaticBackoff({ sleep: 1 })),
    "a job of timeout": (value) => timeout(value, "1s"),
    "a job of repeat": (value) => repeat("1s", value),
    "the interval of repeat": (value) => repeat(value, job),
    "the options of repeat": (value) => repeat("1s", job, value),
    "the options of a StaticBackoff": (value) => new StaticBackoff(value),
    "the options of an ExponentialBackoff": (value) => new ExponentialBackoff(value),
    "the options of a WorkerRegistry": (value) => new WorkerRegistry({ resolve: value }),
    "the signal of wait": (value) => wait(1, { signal: value }),
  };

  for (const [what, declare] of Object.entries(declarations)) {
    it(`is rejected as ${what}`, () => {
      for (const value of [untouchable(), untouchable([]), revoked]) {
        expect(thrownBy(() => declare(value as never))).to.be.instanceOf(InvalidArgumentError);
      }
    });

    it(`that is a secret is not shown as ${what}`, () => {
      // These can be strings, and are shown.
      if (/interval|repeat of|timeout of/.test(what)) return;
      const error = thrownBy(() => declare("postgres://u:secret@h" as never));
      expect(error).to.be.instanceOf(InvalidArgumentError);
      expect(String(error)).not.to.include("secret");
    });
  }

  it("of wait is rejected with the thrown value as the cause", () => {
    expect(thrownBy(() => wait(1, trap("get"))))
      .to.be.instanceOf(InvalidArgumentError)
      .and.to.include({ message: "The signal of wait cannot be read: pass a plain object", cause: trapped });
  });

  for (const [what, run] of [
    ["runAllJobs", (options: never) => runAllJobs([], options)],
    ["runAllWorkers", (options: never) => runAllWorkers([], options)],
    ["the run of a runner", (options: never) => bootstrap([]).run(options)],
  ] as const) {
    it(`as the context of ${what} is rejected, with the thrown value as the cause`, async () => {
      const error: unknown = await run(trap("get")).catch((thrown: unknown) => thrown);
      expect(error)
        .to.be.instanceOf(InvalidArgumentError)
        .and.to.include({ message: "The signal of the context cannot be read: pass a plain object", cause: trapped });
    });
  }

  it("as the name or the attempt of a context is ignored", async () => {
    const seen: unknown[] = [];
    const { signal } = new AbortController();
    const context = { signal, name: undefined, attempt: undefined };
    for (const key of ["name", "attempt"]) Object.defineProperty(context, key, { get: refuse });
    await runAllJobs([({ name, attempt }: WorkerContext) => void seen.push(name, attempt)], context);
    expect(seen).to.have.length(2);
    expect(seen[1]).to.equal(0);
  });

  it("derived from a context, with traps that throw, works as that context", async () => {
    const seen: unknown[] = [];
    await runAllJobs([
      (context) =>
        runAllJobs([({ name }: WorkerContext) => void seen.push(name)], new Proxy(context, { getOwnPropertyDescriptor: refuse })),
    ]);
    expect(seen).to.have.length(1);
  });
});

describe("The option resolve", () => {
  it("is checked even if there is no class among the sources, together with all other problems", () => {
    const problem = "The option resolve is a string: pass a function that returns the instance of a class";
    expect(thrownBy(() => bootstrap([worker], { resolve: "postgres://u:secret@h" } as never))).to.have.deep.property("problems", [
      problem,
    ]);
    expect(thrownBy(() => bootstrap([worker], { resolve: null } as never))).to.have.deep.property("problems", [
      "The option resolve is null: pass a function that returns the instance of a class",
    ]);
    class Fetcher {
      @Worker
      @Retry("soon" as never)
      fetchCommits() {}
    }
    expect(thrownBy(() => bootstrap([Fetcher], { resolve: "x" } as never))).to.have.deep.property("problems", [
      problem,
      "Fetcher: it cannot be made without the option resolve",
      "Fetcher.fetchCommits: a string is not a backoff: pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)",
    ]);
  });

  it("of a WorkerRegistry is checked by its constructor", () => {
    expect(() => new WorkerRegistry({ resolve: 5 } as never))
      .to.throw(InvalidArgumentError)
      .with.property("message", "The option resolve is a number: pass a function that returns the instance of a class");
  });
});
