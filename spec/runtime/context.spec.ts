import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  named,
  retry,
  runAllJobs,
  runAllWorkers,
  StaticBackoff,
  stopped,
  ThrownValueError,
  type WorkerContext,
  type WorkerFunc,
  wait,
} from "watchbill";
import { Context } from "../../lib/runtime/context.js";

describe("The context of a worker", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  const silent = { debug: sinon.stub(), info: sinon.stub(), warn: sinon.stub(), error: sinon.stub() };

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
  });

  afterEach(() => {
    stop.abort();
    sinon.reset();
    clock.restore();
  });

  /** Runs the workers until the test stops them, and returns the promise of that run. */
  const run = (...workers: ((context: WorkerContext) => unknown)[]): Promise<void> =>
    runAllWorkers(workers, { signal: stop.signal, logger: silent });

  it("has a separate signal for every worker, and the same one on every read", async () => {
    const signals: AbortSignal[] = [];
    const worker = async (context: WorkerContext): Promise<void> => {
      signals.push(context.signal, context.signal);
      await stopped(context.signal);
    };
    const running = run(worker, worker);
    expect(signals).to.have.lengthOf(4);
    expect(new Set([...signals, stop.signal]).size).to.equal(3);
    stop.abort(new Error("enough"));
    await running;
    expect(signals.map(({ reason }) => reason)).to.deep.equal(Array(4).fill(stop.signal.reason));
  });

  it("has an aborted signal, with the reason, if it is first read after the abort", async () => {
    let late: AbortSignal | undefined;
    const running = run(async (context) => {
      await wait("1s");
      late = context.signal;
    });
    stop.abort("enough");
    await clock.tickAsync("00:01");
    await running;
    expect(late).to.include({ aborted: true, reason: "enough" });
  });

  it("has the worker's name: that of the function, or its position if it has none", async () => {
    const names: string[] = [];
    const running = run(
      function fetchCommits({ name, signal }) {
        names.push(name);
        return stopped(signal);
      },
      ({ name, signal }) => {
        names.push(name);
        return stopped(signal);
      },
    );
    stop.abort();
    await running;
    expect(names).to.deep.equal(["fetchCommits", "worker 2"]);
  });

  it("counts the consecutive failures before this run", async () => {
    const attempts: number[] = [];
    const worker = retry(
      ({ attempt }) => {
        attempts.push(attempt);
        if (attempts.length < 4) throw new Error("no luck");
        return attempts.length < 6 ? undefined : stopped(stop.signal);
      },
      new StaticBackoff({ sleep: "1s" }),
    );
    const running = runAllWorkers([worker], { signal: stop.signal, logger: silent });
    await clock.tickAsync("01:00");
    expect(attempts).to.deep.equal([0, 1, 2, 3, 0, 0]);
    stop.abort();
    await running;
  });

  it("has a logger that adds the worker's name to every entry, and the same one on every read", async () => {
    const running = run(function fetchCommits(context) {
      const { logger } = context;
      logger.info({ page: 2 }, "fetched");
      expect(context.logger).to.equal(logger);
      return stopped(context.signal);
    });
    stop.abort();
    await running;
    expect(silent.info.args).to.deep.equal([[{ worker: "fetchCommits", page: 2 }, "fetched"]]);
  });

  /** The health and last error of a worker that has called `reportHealth` in this way. */
  async function reportOf(report: (context: WorkerContext) => void): Promise<[string, string | null] | undefined> {
    const worker = new DeclarativeWorker({
      name: "x",
      worker: (context) => {
        report(context);
        return stopped(context.signal);
      },
    });
    const own = new AbortController();
    const runner = bootstrap([worker], { signal: own.signal, logger: silent });
    const running = runner.run();
    const reports = runner.status().map(({ health, lastError }): [string, string | null] => [health, lastError]);
    own.abort();
    await running;
    return reports[0];
  }

  it("reports a healthy worker by reportHealth(), and an unhealthy one by reportHealth(error)", async () => {
    expect(await reportOf(() => {})).to.deep.equal(["init", null]);
    expect(await reportOf((context) => context.reportHealth())).to.deep.equal(["ok", null]);
    expect(await reportOf((context) => context.reportHealth(new RangeError("lag")))).to.deep.equal(["firing", "RangeError: lag"]);
    expect(
      await reportOf((context) => {
        context.reportHealth(new RangeError("lag"));
        context.reportHealth();
      }),
    ).to.deep.equal(["ok", "RangeError: lag"]);
  });

  it("can be destructured, including reportHealth", async () => {
    expect(await reportOf(({ reportHealth }) => reportHealth())).to.deep.equal(["ok", null]);
  });

  it("accepts any thrown value for the error of reportHealth, including undefined", async () => {
    for (const [caught, shown] of [
      [undefined, "undefined"],
      ["no luck", "'no luck'"],
    ] as const) {
      const { name, message } = new ThrownValueError("x", caught);
      expect(message).to.include(shown);
      expect(await reportOf((context) => context.reportHealth(caught))).to.deep.equal(["firing", `${name}: ${message}`]);
    }
  });

  it("is distinguished from any other object with the same members", async () => {
    let context: WorkerContext | undefined;
    const running = run((own) => {
      context = own;
      return stopped(own.signal);
    });
    stop.abort();
    await running;
    expect(Context.taskOf(context ?? {})).not.to.equal(undefined);
    expect(Context.taskOf({ ...silent, signal: stop.signal })).to.equal(undefined);
  });

  it("can be copied: what runs with the copy is part of the worker, and also obeys the signal of the copy", async () => {
    for (const stops of ["outer", "own"] as const) {
      const [outer, own] = [new AbortController(), new AbortController()];
      const seen: unknown[] = [];
      const running = runAllWorkers(
        [
          named(async (context) => {
            const inner: WorkerFunc = async ({ name, signal }) => {
              seen.push(name);
              await stopped(signal);
            };
            await runAllWorkers([named(inner, "inner")], { ...context, signal: own.signal });
          }, "outer"),
        ],
        { signal: outer.signal, logger: { debug() {}, info() {}, warn() {}, error() {} } },
      ).catch((error: unknown) => seen.push(error));
      (stops === "outer" ? outer : own).abort();
      await running;
      expect(seen[0]).to.equal("outer/inner");
      expect(getEventListeners(own.signal, "abort")).to.have.length(0);
    }
  });

  it("shows its name in inspect, but not the task behind it", async () => {
    let shown = "";
    await runAllJobs([
      function fetchCommits(context) {
        shown = inspect(context);
      },
    ]);
    expect(shown).to.equal("WorkerContext { name: 'fetchCommits', attempt: 0 }");
  });

  it("has a logger that identifies the worker that uses it", async () => {
    const lines: unknown[] = [];
    const push = (details: object) => lines.push(details);
    const failure = new Error("no");
    await runAllJobs(
      [
        async function outer({ signal, logger }) {
          await runAllWorkers([named(() => Promise.reject(failure), "inner")], { signal, logger }).catch(() => {});
        },
      ],
      { logger: { debug: push, info: push, warn: push, error: push } },
    );
    expect(lines).to.deep.equal([{ worker: "outer/inner", err: failure }]);
  });

  it("has a logger even if it is frozen, derived from, or both", async () => {
    const lines: unknown[] = [];
    const push = (details: object, message?: string) => lines.push([details, message]);
    await runAllJobs(
      [
        function fetchCommits(context) {
          const derived: WorkerContext = Object.create(context);
          for (const each of [Object.freeze(context), derived, Object.freeze(derived)]) {
            expect(each.logger).to.equal(each.logger);
            each.logger.info("hello");
          }
        },
      ],
      { logger: { debug: push, info: push, warn: push, error: push } },
    );
    expect(lines).to.deep.equal(Array(3).fill([{ worker: "fetchCommits" }, "hello"]));
  });

  it("is passed to a function without a this, so that internals are not exposed", async () => {
    const job = sinon.spy();
    await runAllJobs([job]);
    expect(job.thisValues).to.deep.equal([undefined]);
  });
});
