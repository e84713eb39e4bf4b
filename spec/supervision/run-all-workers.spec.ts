import { expect } from "chai";
import sinon from "sinon";
import {
  InvalidArgumentError,
  retry,
  runAllWorkers,
  StaticBackoff,
  stopped,
  type WorkerContext,
  WorkerExitedPrematurelyError,
  type WorkerFunc,
  WorkersFailedError,
  wait,
} from "watchbill";

describe("runAllWorkers", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  /** The error that `runAllWorkers` rejects with. */
  async function failureOf(...workers: WorkerFunc[]): Promise<WorkersFailedError> {
    const outcome = await runAllWorkers(workers, { signal: stop.signal, logger }).catch((error: unknown) => error);
    if (outcome instanceof WorkersFailedError) return outcome;
    throw new Error(`not a WorkersFailedError: ${String(outcome)}`);
  }

  const waiting = ({ signal }: WorkerContext) => stopped(signal);

  it("reports a premature exit when three workers return immediately", async () => {
    const { errors, workers, message } = await failureOf(
      async function first() {},
      async function second() {},
      async function third() {},
    );
    expect(errors).to.have.lengthOf(1);
    expect(errors[0]).to.be.instanceOf(WorkerExitedPrematurelyError);
    expect(errors[0]).to.have.property("worker", "first");
    expect(workers).to.deep.equal(["first"]);
    expect(message).to.equal(
      "1 worker failed:\n  first exited prematurely: a worker runs until its signal aborts; repeat it or retry it if it is done sooner",
    );
  });

  it("reports a premature exit when a worker returns later, with its name", async () => {
    const failed = failureOf(waiting, async function short() {
      await wait("1s");
    });
    await clock.tickAsync(1_000);
    expect((await failed).workers).to.deep.equal(["short"]);
    expect((await failed).cause).to.equal((await failed).errors[0]);
  });

  it("resolves when three workers run until they are stopped", async () => {
    const running = runAllWorkers([waiting, waiting, waiting], { signal: stop.signal, logger });
    await clock.tickAsync(1_000);
    stop.abort();
    await running;
    expect(logger.error.args).to.deep.equal([]);
  });

  it("rejects by identity with the error of a worker that fails while it stops", async () => {
    const error = new Error("the connection would not close");
    const failed = failureOf(waiting, async function closing(context) {
      await waiting(context);
      throw error;
    });
    await clock.tickAsync(1_000);
    stop.abort();
    const { errors, workers, cause, message } = await failed;
    expect(errors).to.have.lengthOf(1);
    expect(errors[0]).to.equal(error);
    expect(cause).to.equal(error);
    expect(workers).to.deep.equal(["closing"]);
    expect(message).to.equal("1 worker failed:\n  closing: Error: the connection would not close");
    expect(logger.error.args).to.deep.equal([[{ worker: "closing", err: error }, "failed while it stopped"]]);
  });

  it("stops the other workers when one fails early, and waits for them", async () => {
    const error = new Error("no luck");
    const onAbort = sinon.spy();
    const failed = failureOf(
      async function slow({ signal }) {
        await stopped(signal);
        await wait("5s");
        onAbort(signal.reason);
      },
      async function early() {
        await wait("1s");
        throw error;
      },
    );
    const ended = sinon.spy();
    void failed.then(ended);
    await clock.tickAsync(5_999);
    expect(ended.called).to.equal(false);
    await clock.tickAsync(1);
    expect((await failed).errors).to.deep.equal([error]);
    expect(onAbort.firstCall.firstArg).to.include({ name: "AbortError", message: "early has exited, so the runner stops" });
    expect(logger.error.args).to.deep.equal([[{ worker: "early", err: error }, "failed; the runner stops"]]);
  });

  it("reports every error, also one long after the stop, in the order of the failures", async () => {
    const [first, second, third] = [new Error("a"), new Error("b"), new Error("c")];
    const failing =
      (error: Error, after: number): WorkerFunc =>
      async (context) => {
        await waiting(context);
        await wait(after);
        throw error;
      };
    const failed = failureOf(failing(third, 3_600_000), failing(second, 60_000), waiting, () => Promise.reject(first));
    await clock.tickAsync(3_600_000);
    const { errors, message } = await failed;
    expect(errors).to.have.ordered.members([first, second, third]);
    expect(message).to.equal("3 workers failed:\n  worker 4: Error: a\n  worker 2: Error: b\n  worker 1: Error: c");
  });

  it("does not report a premature exit of workers that return after the stop", async () => {
    const error = new Error("no luck");
    const failed = await failureOf(waiting, () => Promise.reject(error), waiting);
    expect(failed.errors).to.deep.equal([error]);
  });

  it("does not start the workers after one that throws synchronously", async () => {
    const later = sinon.spy(waiting);
    const { workers } = await failureOf(
      waiting,
      () => {
        throw new Error("no luck");
      },
      later,
    );
    expect(workers).to.deep.equal(["worker 2"]);
    expect(later.called).to.equal(false);
  });

  it("starts nothing under a signal that has aborted", async () => {
    stop.abort();
    const worker = sinon.spy(waiting);
    await runAllWorkers([worker], { signal: stop.signal });
    expect(worker.called).to.equal(false);
  });

  it("resolves without workers", async () => {
    await runAllWorkers([]);
    await runAllWorkers([], { signal: stop.signal });
  });

  it("runs until a worker ends if there is no signal", async () => {
    const running = runAllWorkers([() => wait("30d")], { logger }).catch((error: unknown) => error);
    await clock.tickAsync(30 * 86_400_000);
    expect(await running).to.be.instanceOf(WorkersFailedError);
  });

  it("accepts any iterable, and objects as well as functions", async () => {
    class Fetcher {
      ran = false;
      run({ signal }: WorkerContext) {
        this.ran = true;
        return stopped(signal);
      }
    }
    const fetcher = new Fetcher();
    const running = runAllWorkers(new Set([fetcher, retry(waiting, new StaticBackoff({ sleep: 0 }))]), { signal: stop.signal });
    stop.abort();
    await running;
    expect(fetcher.ran).to.equal(true);
  });

  for (const [worker, shown] of [
    [undefined, "undefined"],
    [{}, "an object without keys"],
    [{ runOnce() {} }, "an object with the key runOnce"],
    ["fetch", "a string"],
  ] as const) {
    it(`rejects ${shown} as a worker before it starts any`, async () => {
      const started = sinon.spy(waiting);
      const error = await runAllWorkers([started, worker as never]).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(InvalidArgumentError);
      expect(error).to.have.property(
        "message",
        `${shown} is not a worker: pass a function, or an object with a method run(context)`,
      );
      expect(started.called).to.equal(false);
    });
  }
});
