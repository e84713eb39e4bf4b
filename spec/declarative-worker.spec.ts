import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  ExponentialBackoff,
  InvalidArgumentError,
  named,
  Runner,
  repeat,
  runAllWorkers,
  StaticBackoff,
  stopped,
  type WorkerContext,
  WorkersFailedError,
} from "watchbill";

describe("DeclarativeWorker", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  const job = () => {};
  const backoff = new StaticBackoff({ sleep: "1s" });

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  /** Runs the workers for that long, and stops them. */
  async function runFor(ms: number, ...workers: DeclarativeWorker[]): Promise<void> {
    const running = runAllWorkers(workers, { signal: stop.signal, logger });
    await clock.tickAsync(ms);
    stop.abort();
    await running;
  }

  describe("builds its chain in order, independent of the order of its fields:", () => {
    const parts: Required<Pick<DeclarativeWorkerOptions, "name" | "repeat" | "retry" | "retryJob">> = {
      name: "commits",
      repeat: "10s",
      retry: new StaticBackoff({ sleep: "5s" }),
      retryJob: { backoff, maxAttempts: 2 },
    };
    type Part = keyof typeof parts;
    for (const order of [
      ["name", "repeat", "retry", "retryJob"],
      ["retryJob", "retry", "repeat", "name"],
      ["retry", "name", "retryJob", "repeat"],
    ] as Part[][]) {
      it(order.join(", "), async () => {
        const starts: number[] = [];
        const failing = () => {
          starts.push(Date.now());
          throw new Error("no luck");
        };
        const fields = Object.fromEntries(order.map((part) => [part, parts[part]]));
        await runFor(28_000, new DeclarativeWorker({ ...fields, job: failing }));
        // A run every 10 s is tried twice, 1 s apart; 5 s after the run has failed, the grid starts anew.
        expect(starts).to.deep.equal([10_000, 11_000, 26_000, 27_000]);
        const entries = [...logger.warn.args, ...logger.debug.args].filter(([{ delay }]) => delay !== undefined);
        expect(entries.map(([{ worker, attempt, delay }]) => [worker, attempt, delay])).to.deep.equal([
          ["commits", 1, 1_000],
          // The first failure of a kind is a warning, and its repetitions are not.
          ["commits", 1, 5_000],
          ["commits", 1, 1_000],
          ["commits", 2, 5_000],
        ]);
      });
    }
  });

  it("has its declaration as plain fields", () => {
    const retry = new ExponentialBackoff({ initial: "1s", max: "1m" });
    const retryJob = { backoff, maxAttempts: 3 };
    const declared = new DeclarativeWorker({ name: "commits", job, repeat: "5s", retry, retryJob });
    expect(Object.fromEntries(Object.entries(declared))).to.deep.equal({
      name: "commits",
      worker: undefined,
      timeout: undefined,
      restart: undefined,
      job,
      repeat: { interval: 5_000, startImmediately: false },
      retry,
      retryJob,
    });
    expect(declared).to.deep.include({ job, retry, retryJob });
    expect(declared.retry).to.equal(retry);
  });

  it("has its interval in ms, however it was declared", () => {
    const repetition = (declared: DeclarativeWorkerOptions["repeat"]) => new DeclarativeWorker({ job, repeat: declared }).repeat;
    expect(repetition(250)).to.deep.equal({ interval: 250, startImmediately: false });
    expect(repetition("1.5s")).to.deep.equal({ interval: 1_500, startImmediately: false });
    expect(repetition({ interval: "30d" })).to.deep.equal({ interval: 2_592_000_000, startImmediately: false });
    expect(repetition({ interval: "1h", startImmediately: true })).to.deep.equal({ interval: 3_600_000, startImmediately: true });
  });

  it("runs a job at the start too with startImmediately", async () => {
    const runs = sinon.spy();
    await runFor(2_500, new DeclarativeWorker({ job: runs, repeat: { interval: "1s", startImmediately: true } }));
    expect(runs.callCount).to.equal(3);
  });

  it("accepts a job and a worker as an object too", async () => {
    const nightly = { runOnce: sinon.spy() };
    const server = { run: sinon.spy(({ signal }: WorkerContext) => stopped(signal)) };
    await runFor(
      1_500,
      new DeclarativeWorker({ name: "nightly", job: nightly, repeat: "1s" }),
      new DeclarativeWorker({ name: "server", worker: server }),
    );
    expect(nightly.runOnce.callCount).to.equal(1);
    expect(nightly.runOnce.firstCall.thisValue).to.equal(nightly);
    expect(server.run.firstCall.thisValue).to.equal(server);
  });

  it("does not require a name: it is named after its function, or its position", async () => {
    async function fetchCommits() {}
    const names = async (worker: DeclarativeWorker) => {
      const failed = await runAllWorkers([worker], { logger }).catch((error: unknown) => error);
      return failed instanceof WorkersFailedError ? failed.workers : [];
    };
    expect(await names(new DeclarativeWorker({ worker: fetchCommits }))).to.deep.equal(["fetchCommits"]);
    expect(await names(new DeclarativeWorker({ worker: (() => async () => {})() }))).to.deep.equal(["worker 1"]);
    expect(new DeclarativeWorker({ worker: fetchCommits }).name).to.equal(undefined);
  });

  it("can be nested: its worker can be a chain, or another one, and the names are joined", async () => {
    const seen: string[] = [];
    const record = ({ name }: WorkerContext) => seen.push(name);
    await runFor(
      1_500,
      new DeclarativeWorker({ name: "a", worker: repeat("1s", record), retry: backoff }),
      new DeclarativeWorker({ name: "b", worker: named(repeat("1s", record), "c") }),
      new DeclarativeWorker({ name: "d", worker: new DeclarativeWorker({ name: "e", job: record, repeat: "1s" }) }),
    );
    expect(seen).to.deep.equal(["a", "b/c", "d/e"]);
  });

  it("can be run directly, and any number of times", async () => {
    const runs = sinon.spy();
    const declared = new DeclarativeWorker({ name: "x", job: runs, repeat: "1s" });
    const context = { signal: stop.signal, name: "outer", attempt: 0, logger, reportHealth() {} };
    const running = Promise.all([declared.run(context), declared.run(context)]);
    await clock.tickAsync(1_500);
    stop.abort();
    await running;
    expect(runs.callCount).to.equal(2);
    expect(runs.firstCall.firstArg.name).to.equal("outer/x");
  });

  for (const [options, message] of [
    [{}, "A worker without a name has nothing to run: pass a worker, or a job and how to repeat it"],
    [{ name: "x" }, "The worker x has nothing to run: pass a worker, or a job and how to repeat it"],
    [{ name: "x", repeat: "1s" }, "The worker x has nothing to run: pass a worker, or a job and how to repeat it"],
    [{ name: "x", worker: job, job, repeat: "1s" }, "The worker x has both a worker and a job: use one of them"],
    [{ worker: job, job }, "A worker without a name has both a worker and a job: use one of them"],
    [{ name: "x", job }, "The worker x has a job without repeat: say how often it runs, or pass it as its worker"],
    [
      { name: "x", job, retryJob: backoff },
      "The worker x has a job without repeat: say how often it runs, or pass it as its worker",
    ],
    [
      { name: "x", worker: job, repeat: "1s" },
      "The worker x has repeat beside a worker: repeat is for jobs, so pass the function as its job",
    ],
    [
      { name: "x", worker: job, retryJob: backoff },
      "The worker x has retryJob beside a worker: retryJob is for jobs, so pass the function as its job",
    ],
    [null, "The options of DeclarativeWorker are null: pass an object"],
    [[job], "The options of DeclarativeWorker are an array of 1: pass an object"],
    [{ name: "x", job, repeatt: "1s" }, 'DeclarativeWorker has no option "repeatt": did you mean repeat?'],
    [{ job, repeat: { intervall: "1s" } }, 'repeat has no option "intervall": did you mean interval?'],
    [{ job, repeat: { interval: "1s", jiter: 5 } }, 'repeat has no option "jiter": did you mean jitter?'],
    [{ worker: job, retry: { backoff, maxRestart: 5 } }, 'retry has no option "maxRestart": did you mean maxRestarts?'],
    [
      { job, repeat: "1s", retryJob: { backoff, maxRestarts: 5 } },
      'retryJob has no option "maxRestarts": there are backoff, maxAttempts, retryIf',
    ],
    [
      { worker: job, distributed: { url: "postgres://u:secret@h" } },
      "distributed is an object with the key url: use true or false",
    ],
    [{ name: "", worker: job }, "'' is not a name: pass a string that is not empty"],
    [{ worker: 5 }, "5 is not a worker: pass a function, or an object with a method run(context)"],
    [{ worker: null }, "null is not a worker: pass a function, or an object with a method run(context)"],
    [
      { job: {}, repeat: "1s" },
      "an object without keys is not a job: pass a function, or an object with a method runOnce(context)",
    ],
    [{ job, repeat: 0 }, "0 ms is too short for an interval: pass 1 ms or more, or retry a worker without a backoff"],
    [
      { job, repeat: { interval: "soon" } },
      `'soon' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`,
    ],
    [
      { job, repeat: {} },
      `undefined is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`,
    ],
    [
      { worker: job, retry: {} },
      "an object without keys is not a backoff: pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)",
    ],
    [{ job, repeat: "1s", retryJob: { backoff, maxAttempts: 0 } }, "maxAttempts is 0: pass a whole number, 1 or more"],
  ] as const) {
    it(`cannot be created from ${Object.keys(options ?? {}).join(", ") || "nothing"}: ${message}`, () => {
      expect(() => new DeclarativeWorker(options as never))
        .to.throw(InvalidArgumentError)
        .with.property("message", message);
    });
  }

  describe("of another copy of the library", () => {
    const foreign = (fields: object) =>
      Object.assign(Object.create({ [Symbol.for("watchbill:DeclarativeWorker")]: true }), fields);

    it("is rebuilt from its fields", () => {
      const [rebuilt] = bootstrap([foreign({ name: "a", worker: job, restart: "never", shutdownTimeout: 5 })]).workers;
      expect(rebuilt).to.be.instanceOf(DeclarativeWorker);
      expect(rebuilt).to.include({ name: "a", worker: job, restart: "never", shutdownTimeout: 5 });
    });

    it("is a problem if it has a field that this copy does not know", () => {
      const problem = 'DeclarativeWorker has no option "jobs": did you mean job?';
      const advice = `A DeclarativeWorker of another copy of watchbill cannot be used with this one: ${problem}; install one version only`;
      expect(() => new Runner([foreign({ name: "a", jobs: job })])).to.throw(`worker 1 of the runner: ${advice}`);
      expect(() => DeclarativeWorker.from(foreign({ name: "a", jobs: job })))
        .to.throw(InvalidArgumentError, advice)
        .with.property("cause")
        .that.has.property("message", problem);
    });
  });

  it("cannot be created with null for its repeat, which JavaScript code can pass", () => {
    expect(() => new DeclarativeWorker({ job, repeat: null as never })).to.throw(InvalidArgumentError, "null is not a duration");
  });
});
