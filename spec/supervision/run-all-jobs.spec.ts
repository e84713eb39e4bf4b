import { expect } from "chai";
import sinon from "sinon";
import {
  InvalidArgumentError,
  type JobFunc,
  retryJob,
  runAllJobs,
  runAllWorkers,
  StaticBackoff,
  stopped,
  timeout,
  type WorkerContext,
  WorkersFailedError,
  wait,
} from "watchbill";

describe("runAllJobs", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  const logger = { debug: sinon.stub(), info: sinon.stub(), warn: sinon.stub(), error: sinon.stub() };

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  /** The error that `runAllJobs` rejects with. */
  async function failureOf(...jobs: JobFunc[]): Promise<WorkersFailedError> {
    const outcome = await runAllJobs(jobs, { signal: stop.signal, logger }).catch((error: unknown) => error);
    if (outcome instanceof WorkersFailedError) return outcome;
    throw new Error(`not a WorkersFailedError: ${String(outcome)}`);
  }

  it("names the jobs that were stopped before they started by their functions or their positions", async () => {
    stop.abort(new Error("shutting down"));
    const { workers, message } = await failureOf(
      function sync() {},
      () => {},
    );
    expect(workers).to.deep.equal(["sync", "job 2"]);
    expect(message).to.match(/^2 jobs failed/);
  });

  it("names jobs by the functions that they retry or limit", async () => {
    const fail = retryJob(
      function upload() {
        throw new Error("a");
      },
      { backoff: new StaticBackoff({ sleep: 0 }), maxAttempts: 1 },
    );
    const limited = timeout(function sync() {
      throw new Error("b");
    }, "1s");
    const outcome = await runAllJobs([fail, limited], { logger }).catch((error: unknown) => error);
    expect(outcome).to.have.deep.property("workers", ["upload", "sync"]);
  });

  /** The outcome of runAllJobs within a worker that is stopped after 1 s. */
  async function outcomeWithin(...jobs: JobFunc[]): Promise<unknown> {
    let outcome: unknown;
    const worker = async (context: WorkerContext) => {
      outcome = await runAllJobs(jobs, context).catch((error: unknown) => error);
    };
    const running = runAllWorkers([worker], { signal: stop.signal, logger });
    await clock.tickAsync(1_000);
    stop.abort(new Error("shutting down"));
    await clock.tickAsync(1_000);
    await running.catch(() => {});
    return outcome;
  }

  const untilStopped: JobFunc = ({ signal }) => wait("1h", { signal });

  it("rejects with the stop reason alone within a worker that is stopped, if all jobs merely stopped", async () => {
    expect(await outcomeWithin(untilStopped, untilStopped)).to.have.property("message", "shutting down");
  });

  it("rejects with every error within a worker that is stopped, if a job failed otherwise", async () => {
    const fails: JobFunc = async ({ signal }) => {
      await stopped(signal);
      throw new Error("HTTP 503");
    };
    const outcome = await outcomeWithin(untilStopped, fails);
    expect(outcome).to.be.instanceOf(WorkersFailedError);
    expect(outcome).to.have.property("errors").that.has.lengthOf(2);
  });

  it("rejects with the errors of the jobs within a worker that is not stopped", async () => {
    const outcome = await outcomeWithin(() => Promise.reject(new Error("HTTP 503")));
    expect(outcome).to.be.instanceOf(WorkersFailedError).with.property("workers").that.deep.equals(["worker/job 1"]);
  });

  it("runs all jobs in parallel, and waits for all of them", async () => {
    const started: number[] = [];
    const ended: number[] = [];
    const job = (index: number) => async () => {
      started.push(index);
      await wait((10 - index) * 1_000);
      ended.push(index);
    };
    const running = runAllJobs([job(1), job(2), job(3)]);
    expect(started).to.deep.equal([1, 2, 3]);
    await clock.tickAsync(9_000);
    await running;
    expect(ended).to.deep.equal([3, 2, 1]);
  });

  it("lets the other jobs finish when some fail, and rejects with every error by identity", async () => {
    const [first, second] = [new Error("a"), new Error("b")];
    const finished = sinon.spy();
    const failed = failureOf(
      () => {
        throw first;
      },
      async ({ signal }) => {
        await wait("5s");
        finished(signal.aborted);
      },
      async function upload() {
        await wait("1s");
        throw second;
      },
    );
    await clock.tickAsync(5_000);
    const { errors, workers, message, cause } = await failed;
    expect(errors).to.have.ordered.members([first, second]);
    expect(workers).to.deep.equal(["job 1", "upload"]);
    expect(message).to.equal("2 jobs failed:\n  job 1: Error: a\n  upload: Error: b");
    expect(cause).to.equal(first);
    expect(finished.args).to.deep.equal([[false]]);
  });

  it("rejects with the abort reason for jobs that were stopped before they finished", async () => {
    const reason = new Error("shutting down");
    const failed = failureOf(
      async ({ signal }) => {
        await stopped(signal);
        signal.throwIfAborted();
      },
      async ({ signal }) => {
        await stopped(signal);
      },
    );
    stop.abort(reason);
    const { errors, workers } = await failed;
    expect(errors).to.have.ordered.members([reason]);
    expect(workers).to.deep.equal(["job 1"]);
  });

  it("starts nothing under a signal that has aborted, and reports each job as not finished", async () => {
    const reason = new Error("shutting down");
    stop.abort(reason);
    const job = sinon.spy();
    const { errors } = await failureOf(job, job);
    expect(errors).to.have.ordered.members([reason, reason]);
    expect(job.called).to.equal(false);
  });

  it("starts no further job once a job has aborted the signal, and reports each of those as not finished", async () => {
    const reason = new Error("enough");
    const late = sinon.spy();
    const { errors, workers } = await failureOf(() => stop.abort(reason), late, late);
    expect(errors).to.have.ordered.members([reason, reason]);
    expect(workers).to.have.lengthOf(2);
    expect(late.called).to.equal(false);
  });

  it("logs a job that gave up without a consequence, as no other stops for it, and no failure twice", async () => {
    logger.error.resetHistory();
    const error = new Error("no luck");
    const job = retryJob(() => Promise.reject(error), { backoff: new StaticBackoff({ sleep: 0 }), maxAttempts: 1 });
    await runAllJobs([job, () => Promise.reject(error)], { logger }).catch(() => {});
    expect(logger.error.args).to.deep.equal([
      [{ worker: "job 1", attempt: 1, err: error }, "failed, giving up this run after 1 attempt"],
    ]);
  });

  it("converts an abort reason that is not an error into one", async () => {
    const failed = runAllJobs([retryJob(() => Promise.reject(new Error("no luck")), new StaticBackoff({ sleep: "1h" }))], {
      signal: stop.signal,
      logger,
    }).catch((error: unknown) => error);
    await clock.tickAsync(1_000);
    stop.abort("enough");
    expect(await failed)
      .to.have.property("cause")
      .that.includes({ name: "ThrownValueError", cause: "enough" });
  });

  it("passes each job a signal and a name of its own", async () => {
    const contexts: WorkerContext[] = [];
    const job = (context: WorkerContext) => contexts.push(context);
    await runAllJobs([job, job, (context) => contexts.push(context)]);
    expect(new Set(contexts.map(({ signal }) => signal)).size).to.equal(3);
    expect(contexts.map(({ name }) => name)).to.deep.equal(["job", "job", "job 3"]);
  });

  it("does not affect the health of the worker in whose context it runs", async () => {
    const reportHealth = sinon.spy();
    await runAllJobs([(context) => context.reportHealth(new Error("lagging"))], {
      signal: stop.signal,
      logger,
      reportHealth,
    } as never);
    expect(reportHealth.called).to.equal(false);
  });

  it("resolves without jobs", async () => {
    await runAllJobs([]);
  });

  for (const [job, shown] of [
    [undefined, "undefined"],
    [{}, "an object without keys"],
    [{ run() {} }, "an object with the key run"],
    [5, "5"],
  ] as const) {
    it(`rejects ${shown} as a job before it starts any`, async () => {
      const started = sinon.spy();
      const error = await runAllJobs([started, job as never]).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(InvalidArgumentError);
      expect(error).to.have.property(
        "message",
        `${shown} is not a job: pass a function, or an object with a method runOnce(context)`,
      );
      expect(started.called).to.equal(false);
    });
  }
});
