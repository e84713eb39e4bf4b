import { expect } from "chai";
import sinon from "sinon";
import {
  InvalidArgumentError,
  named,
  repeat,
  retry,
  runAllWorkers,
  StaticBackoff,
  type Worker,
  type WorkerContext,
  type WorkerFunc,
  WorkersFailedError,
} from "watchbill";

describe("named", () => {
  const backoff = new StaticBackoff({ sleep: 0 });

  /** The name in the context of the worker, if it runs alone in a context with this name. */
  async function nameWithin(outer: string, chain: (probe: WorkerFunc) => Worker): Promise<string | undefined> {
    const stop = new AbortController();
    const logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    let name: string | undefined;
    const probe = (context: WorkerContext) => {
      name = context.name;
      stop.abort();
    };
    await chain(probe).run({ signal: stop.signal, name: outer, attempt: 0, logger, reportHealth() {} });
    return name;
  }

  /** The names of workers that have none of their own and run together. */
  async function namesTogether(...workers: (Worker | WorkerFunc)[]): Promise<readonly string[]> {
    const logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    const failed = await runAllWorkers(workers, { logger }).catch((error: unknown) => error);
    return failed instanceof WorkersFailedError ? failed.workers : [];
  }

  it("sets the name of a worker", async () => {
    expect(await nameWithin("", (probe) => named(probe, "commits"))).to.equal("commits");
  });

  it("prefixes it with the name of the context", async () => {
    expect(await nameWithin("github", (probe) => named(probe, "commits"))).to.equal("github/commits");
  });

  it("nests to any depth, also through other chain elements", async () => {
    expect(await nameWithin("", (probe) => named(retry(named(named(probe, "c"), "b"), backoff), "a"))).to.equal("a/b/c");
  });

  it("does not affect a worker outside its chain", async () => {
    expect(await nameWithin("github", (probe) => retry(probe, backoff))).to.equal("github");
  });

  it("adds the name to log entries of the elements inside it, but not outside", async () => {
    const stop = new AbortController();
    const warn = sinon.spy();
    const logger = { debug: sinon.spy(), info: sinon.spy(), warn, error: sinon.spy() };
    let runs = 0;
    const fail = () => {
      throw new Error(`no ${["luck", "money", "time"][runs++]}`);
    };
    const inner: WorkerFunc = () => {
      if (warn.callCount >= 2) stop.abort();
      fail();
    };
    const context = { signal: stop.signal, name: "outer", attempt: 0, logger, reportHealth() {} };
    await Promise.resolve(named(retry(inner, backoff), "inner").run(context)).catch(() => {});
    expect(warn.args.map(([details]) => details.worker)).to.deep.equal(["outer/inner", "outer/inner"]);
    warn.resetHistory();
    const again = new AbortController();
    const once: WorkerFunc = () => {
      if (warn.callCount >= 1) again.abort();
      fail();
    };
    await Promise.resolve(retry(named(once, "inner"), backoff).run({ ...context, signal: again.signal })).catch(() => {});
    expect(warn.args.map(([details]) => details.worker)).to.deep.equal(["outer"]);
  });

  it("keeps a name with any characters", async () => {
    expect(await nameWithin("", (probe) => named(probe, "größe/… %s\n"))).to.equal("größe/… %s\n");
  });

  for (const [name, shown] of [
    ["", "''"],
    ["  ", "'  '"],
    [undefined, "undefined"],
    [5, "5"],
    [{}, "an object without keys"],
  ] as const) {
    it(`rejects ${shown} as a name`, () => {
      expect(() => named(() => {}, name as never)).to.throw(
        InvalidArgumentError,
        `${shown} is not a name: pass a string that is not empty`,
      );
    });
  }

  it("is optional: a worker is named after its function, its class, or its position", async () => {
    class Fetcher {
      run() {}
    }
    function fetchCommits() {}
    expect(await namesTogether(fetchCommits)).to.deep.equal(["fetchCommits"]);
    expect(await namesTogether(new Fetcher())).to.deep.equal(["Fetcher"]);
    expect(await namesTogether(() => {})).to.deep.equal(["worker 1"]);
    expect(await namesTogether({ run() {} })).to.deep.equal(["worker 1"]);
    expect(await namesTogether(Object.assign(Object.create(null), { run() {} }))).to.deep.equal(["worker 1"]);
  });

  it("is optional within a chain: the chain is named after its innermost worker", async () => {
    const fetchCommits = () => {
      throw new Error("no luck");
    };
    class Nightly {
      runOnce() {
        throw new Error("no luck");
      }
    }
    expect(await namesTogether(repeat(1, fetchCommits))).to.deep.equal(["fetchCommits"]);
    expect(await namesTogether(repeat(1, new Nightly()))).to.deep.equal(["Nightly"]);
    const nonsense = { duration: () => Number.NaN };
    expect(await namesTogether(retry(repeat(1, fetchCommits), nonsense))).to.deep.equal(["fetchCommits"]);
    expect(await namesTogether(named(fetchCommits, "commits"))).to.deep.equal(["commits"]);
  });
});
