import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import fc from "fast-check";
import { useFakeTimers } from "sinon";
import { bootstrap, DeclarativeWorker, runAllJobs, StaticBackoff, type WorkerContext } from "watchbill";
import { hostileRejections, hostileValues, type Make } from "../errors/hostile-values.fixture.js";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "1s" });

/** Operations on a hostile value. */
const misuses = {
  "throws it": (value: unknown) => {
    throw value;
  },
  "rejects with it": (value: unknown) => Promise.reject(value),
  "returns it": (value: unknown) => value,
  "resolves with it": async (value: unknown) => value,
  "reports it as a problem": (value: unknown, { reportHealth }: WorkerContext) => reportHealth(value),
};

const hostileValuesAndRejections = (): fc.Arbitrary<Make<unknown>> => fc.oneof(hostileValues(), hostileRejections());

describe("A worker that receives a hostile value", () => {
  const escaped: unknown[] = [];
  const onEscape = (error: unknown): void => void escaped.push(error);
  let listeners: NodeJS.UncaughtExceptionListener[];

  // Mocha's own listeners would abort the test run at the first error.
  before(() => {
    listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", onEscape);
    process.on("unhandledRejection", onEscape);
  });

  after(() => {
    process.off("uncaughtException", onEscape);
    process.off("unhandledRejection", onEscape);
    for (const listener of listeners) process.on("uncaughtException", listener);
  });

  /** Runs a worker for a while, and stops it. */
  async function expectNothingEscapes(worker: () => DeclarativeWorker): Promise<void> {
    const clock = useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask", "setImmediate"] });
    escaped.length = 0;
    try {
      const runner = bootstrap([worker()], { logger: silent, signals: [] });
      const running = runner.run().then(
        () => "resolved",
        () => "rejected",
      );
      await clock.tickAsync(10_000);
      JSON.stringify(runner.status());
      const stopping = runner.stop();
      await clock.tickAsync(30_000);
      await stopping;
      await running;
      await turn();
    } finally {
      clock.restore();
    }
    expect(escaped.length).to.equal(0);
  }

  for (const [what, misuse] of Object.entries(misuses)) {
    // The engine itself adopts what an async function returns.
    const values = what === "resolves with it" ? hostileValues : hostileValuesAndRejections;
    for (const policy of ["retry", "retryJob", "timeout", "none"] as const) {
      it(`and ${what}, with ${policy}, can be stopped, and nothing escapes`, async () => {
        await fc.assert(
          fc.asyncProperty(values(), async (make) => {
            const job = (context: WorkerContext): unknown => misuse(make(), context);
            const options = {
              retry: { job, repeat: "1s", retry: backoff },
              retryJob: { job, repeat: "1s", retryJob: { backoff, maxAttempts: 2 }, retry: backoff },
              timeout: { job, repeat: "1s", timeout: "1s", retry: backoff },
              none: { job, repeat: "1s" },
            } as const;
            await expectNothingEscapes(() => new DeclarativeWorker({ name: "x", ...options[policy] }));
          }),
          { numRuns: 40 },
        );
      });
    }
  }

  const fail = () => Promise.reject(new Error("no luck"));
  const answering: Record<string, (make: Make<unknown>) => object> = {
    "by its backoff": (make) => ({ job: fail, repeat: "1s", retry: { duration: make } }),
    "by the backoff of its runs": (make) => ({ job: fail, repeat: "1s", retryJob: { duration: make }, retry: backoff }),
    "by its retryIf": (make) => ({ job: fail, repeat: "1s", retry: { backoff, retryIf: make } }),
    "by its schedule": (make) => {
      let calls = 0;
      // At the declaration, for the first run, and afterwards.
      const next = (after: Date) => (++calls < 4 ? new Date(after.getTime() + 1_000) : make());
      return { job: () => {}, repeat: { next }, retry: backoff };
    },
  };

  for (const [where, options] of Object.entries(answering)) {
    it(`${where} can be stopped, and nothing escapes`, async () => {
      await fc.assert(
        fc.asyncProperty(hostileValuesAndRejections(), (make) =>
          expectNothingEscapes(() => new DeclarativeWorker({ name: "x", ...options(make) })),
        ),
        { numRuns: 40 },
      );
    });
  }

  it("as its abort reason stops", async () => {
    await fc.assert(
      fc.asyncProperty(hostileValues(), async (make) => {
        escaped.length = 0;
        const stop = new AbortController();
        const runner = bootstrap(
          [
            new DeclarativeWorker({
              name: "x",
              worker: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
            }),
          ],
          { logger: silent, signal: stop.signal },
        );
        const running = runner.run().then(
          () => "resolved",
          () => "rejected",
        );
        stop.abort(make());
        expect(await running).to.equal("resolved");
        await turn();
        expect(escaped.length).to.equal(0);
      }),
      { numRuns: 100 },
    );
  });

  it("as the abort reason of jobs rejects with an error that contains it", async () => {
    await fc.assert(
      fc.asyncProperty(hostileValues(), async (make) => {
        escaped.length = 0;
        const stop = new AbortController();
        const job = ({ signal }: WorkerContext): Promise<void> =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        const running = runAllJobs([job, job], { signal: stop.signal, logger: silent }).then(
          () => "resolved",
          () => "rejected",
        );
        stop.abort(make());
        expect(await running).to.equal("rejected");
        await turn();
        expect(escaped.length).to.equal(0);
      }),
      { numRuns: 100 },
    );
  });
});
