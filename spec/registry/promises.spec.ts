import { expect } from "chai";
import { BootstrapError, bootstrap, DeclarativeWorker, Named, Repeat, Retry, RetryJob, Timeout, Worker } from "watchbill";

const awaited = "it must return the value itself, so await what it needs before bootstrap";
const failing = async (): Promise<never> => {
  throw new Error("no configuration");
};

function problemsOf(...sources: object[]): readonly string[] {
  try {
    bootstrap(sources);
    return [];
  } catch (error) {
    if (error instanceof BootstrapError) return error.problems;
    throw error;
  }
}

describe("A promise instead of a value", () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  let others: NodeJS.UnhandledRejectionListener[];

  beforeEach(() => {
    // Mocha's own listener would fail a spec without its assertion.
    others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", listen);
  });

  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", listen);
    for (const other of others) process.on("unhandledRejection", other);
    expect(unhandled.splice(0)).to.deep.equal([]);
  });

  it("is a problem too if it is an object with a then, which is not called", async () => {
    let calls = 0;
    // biome-ignore lint/suspicious/noThenProperty: a thenable
    const thenable = { then: () => calls++ };
    @Named(() => thenable as never)
    class Fetcher {
      @Worker
      watchEvents() {}
    }
    expect(problemsOf(Fetcher)).to.deep.equal([`Fetcher: The function of @Named returned a promise: ${awaited}`]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).to.equal(0);
  });

  it("is a problem if the function of a decorator returns it, and its rejection is handled", () => {
    @Named(failing as never)
    @Retry(failing as never)
    class Fetcher {
      @Repeat(failing as never, failing as never)
      @Timeout(failing as never)
      @RetryJob(failing as never)
      fetchCommits() {}

      @Worker(failing as never)
      @Retry(failing as never)
      @Named(failing as never)
      watchEvents() {}
    }
    const by = (...decorators: string[]) =>
      decorators.map((decorator) => `The function of @${decorator} returned a promise: ${awaited}`);
    expect(problemsOf(Fetcher)).to.have.members([
      ...by("Named", "Retry").map((problem) => `Fetcher: ${problem}`),
      ...by("Repeat", "Timeout", "RetryJob").map((problem) => `Fetcher.fetchCommits: ${problem}`),
      ...by("Worker", "Retry", "Named").map((problem) => `Fetcher.watchEvents: ${problem}`),
    ]);
  });

  it("is a problem if a configurer returns it, or a list that contains it", () => {
    class Later {
      readonly workers = failing as never;
    }
    class Mixed {
      workers() {
        return [new DeclarativeWorker({ name: "a", worker() {} }), failing() as never];
      }
    }
    expect(problemsOf(new Later(), new Mixed())).to.deep.equal([
      `Later.workers(): it returned a promise: ${awaited}`,
      "Mixed.workers(): worker 2 is a promise: return the worker itself, so await it before bootstrap",
    ]);
  });

  it("is a problem if it is a source", () => {
    expect(problemsOf(failing())).to.deep.equal(["An instance of Promise is a promise: await it before bootstrap"]);
  });

  it("is a problem even if it is of a custom class whose constructor throws", () => {
    class Odd extends Promise<string> {
      static override get [Symbol.species](): never {
        throw new Error("not to be derived");
      }
    }
    const odd = new Odd((resolve) => resolve("5s"));
    class Fetcher {
      @Repeat(() => odd as never)
      fetchCommits() {}
    }
    expect(problemsOf(Fetcher)).to.deep.equal([`Fetcher.fetchCommits: The function of @Repeat returned a promise: ${awaited}`]);
  });
});
