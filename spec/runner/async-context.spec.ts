import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { bootstrap, DeclarativeWorker, type JobFunc, type Runner, StaticBackoff, wait } from "watchbill";
import { collectGarbage } from "./collect-garbage.fixture.js";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe("The async context of a worker", () => {
  const storage = new AsyncLocalStorage<unknown>();
  let runners: Runner[];

  beforeEach(() => {
    runners = [];
  });

  afterEach(() => Promise.all(runners.map((runner) => runner.stop())));

  /** Runs a runner in an async context, with a job every 2 ms. */
  function runIn(store: unknown, job: JobFunc): Runner {
    const runner = bootstrap([new DeclarativeWorker({ name: "x", job, repeat: 2, retry: new StaticBackoff({ sleep: 1 }) })], {
      logger: silent,
      signals: [],
    });
    runners.push(runner);
    storage.run(store, () => void runner.run());
    return runner;
  }

  /** The stores that the next runs see. */
  async function seenBy(seen: unknown[], runs = 5): Promise<unknown[]> {
    seen.length = 0;
    while (seen.length < runs) await sleep(1);
    return [...new Set(seen)];
  }

  for (const [what, code] of [
    ["returns", () => {}],
    ["returns a promise", async () => {}],
    ["waits", () => wait(1)],
    ["fails", () => Promise.reject(new Error("no luck"))],
  ] as const) {
    it(`is that of the caller of run(), if the worker ${what}`, async () => {
      const seen: unknown[] = [];
      runIn("started", () => {
        seen.push(storage.getStore());
        return code();
      });
      expect(await seenBy(seen)).to.deep.equal(["started"]);
    });
  }

  it("is not that of a wait elsewhere", async () => {
    const seen: unknown[] = [];
    runIn("started", () => seen.push(storage.getStore()));
    await storage.run("request", () => wait(1));
    await storage.run("request", () => wait(1));
    expect(await seenBy(seen)).to.deep.equal(["started"]);
  });

  it("is not that of a trigger, not even in the triggered run", async () => {
    const seen: unknown[] = [];
    const runner = runIn("started", () => seen.push(storage.getStore()));
    seen.length = 0;
    await storage.run("request", () => runner.trigger("x"));
    expect(new Set(seen)).to.deep.equal(new Set(["started"]));
    expect(await seenBy(seen)).to.deep.equal(["started"]);
  });

  it("is not that of add, resume or restart", async () => {
    const seen: unknown[] = [];
    const runner = runIn("started", () => {});
    storage.run("request", () =>
      runner.add(new DeclarativeWorker({ name: "y", job: () => seen.push(storage.getStore()), repeat: 2 })),
    );
    expect(await seenBy(seen)).to.deep.equal(["started"]);
    await storage.run("request", () => runner.pause("y"));
    storage.run("request", () => runner.resume("y"));
    expect(await seenBy(seen)).to.deep.equal(["started"]);
    await storage.run("request", () => runner.restart("y"));
    expect(await seenBy(seen)).to.deep.equal(["started"]);
  });

  it("is that of its own runner, if there are two", async () => {
    const [first, second]: [unknown[], unknown[]] = [[], []];
    runIn("A", () => first.push(storage.getStore()));
    runIn("B", () => second.push(storage.getStore()));
    expect(await seenBy(first)).to.deep.equal(["A"]);
    expect(await seenBy(second)).to.deep.equal(["B"]);
  });

  it("does not retain a store that one of its runs has entered", async () => {
    const seen: unknown[] = [];
    runIn("started", () => {
      seen.push(storage.getStore());
      storage.enterWith("entered");
    });
    const others: unknown[] = [];
    runIn("other", () => others.push(storage.getStore()));
    expect(await seenBy(seen)).to.deep.equal(["started"]);
    expect(await seenBy(others)).to.deep.equal(["other"]);
  });

  it("is that of the worker in its abort listeners, whatever the origin of the stop", async () => {
    let seen: unknown;
    const runner = bootstrap(
      [
        new DeclarativeWorker({
          name: "x",
          worker: ({ signal }) =>
            new Promise<void>((resolve) => {
              signal.addEventListener("abort", () => {
                seen = storage.getStore();
                resolve();
              });
            }),
        }),
      ],
      { logger: silent, signals: [] },
    );
    const running = storage.run("started", () => runner.run());
    await storage.run("request", () => runner.stop());
    await running;
    expect(seen).to.equal("started");
  });

  it("does not retain the stores of callers of wait, trigger or add", async () => {
    const runner = runIn("started", () => {});
    const stores: WeakRef<object>[] = [];
    const inRequest = async (code: () => unknown): Promise<void> => {
      const request = {};
      stores.push(new WeakRef(request));
      await storage.run(request, code);
    };
    await inRequest(() => wait(1));
    await inRequest(() => runner.trigger("x"));
    await inRequest(() => {
      runner.add(new DeclarativeWorker({ name: "y", job() {}, repeat: "1h" }));
    });
    await inRequest(() => {
      runner.add(
        new DeclarativeWorker({
          name: "z",
          worker: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)),
        }),
      );
    });
    await sleep(5);
    await collectGarbage();
    expect(stores.map((store) => store.deref())).to.deep.equal([undefined, undefined, undefined, undefined]);
  });
});
