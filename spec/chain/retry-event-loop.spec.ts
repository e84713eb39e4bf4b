import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import sinon from "sinon";
import { repeat, retry, retryJob, StaticBackoff, type Worker } from "watchbill";

// On the real clock: the event loop is the subject.
describe("An endless retry without a delay", () => {
  const logger = { debug: sinon.stub(), info: sinon.stub(), warn: sinon.stub(), error: sinon.stub() };
  const none = new StaticBackoff({ sleep: 0 });
  const fail = (run: () => void) => {
    run();
    throw new Error("no luck");
  };

  const chains: Record<string, (run: () => void) => Worker> = {
    "of a worker that returns at once": (run) => retry(run, none),
    "of an async worker that returns at once": (run) => retry(async () => run(), none),
    "of a worker that throws at once": (run) => retry(() => fail(run), none),
    "of a worker that rejects at once": (run) => retry(async () => fail(run), none),
    "of a job that fails at once": (run) =>
      repeat(
        1,
        retryJob(async () => fail(run), none),
      ),
  };

  for (const [what, chain] of Object.entries(chains)) {
    it(`${what} lets timers, I/O and signals through`, async () => {
      const stop = new AbortController();
      let runs = 0;
      // Without this limit a blocked event loop could not even time out the test.
      const count = () => {
        if (++runs > 3_000_000) stop.abort();
      };
      const running = Promise.resolve(
        chain(count).run({ signal: stop.signal, name: "x", attempt: 0, logger, reportHealth() {} }),
      );
      const signalled = once(process, "SIGUSR2");
      process.kill(process.pid, "SIGUSR2");
      const timed = new Promise((resolve) => setTimeout(resolve, 20));
      await Promise.all([timed, readFile(import.meta.filename), signalled]);
      const aborted = stop.signal.aborted;
      stop.abort();
      await running.catch((error: unknown) => expect(error).to.have.property("message", "no luck"));
      expect(aborted).to.equal(false);
      expect(runs).to.be.above(1);
    });
  }

  it("waits for one turn of the event loop between two attempts, and not for a timer", async () => {
    let attempts = 0;
    const stop = new AbortController();
    const running = retryJob(() => fail(() => attempts++), none).runOnce({
      signal: stop.signal,
      name: "x",
      attempt: 0,
      logger,
      reportHealth() {},
    });
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    expect(attempts).to.be.within(20, 201);
    stop.abort();
    await Promise.resolve(running).catch(() => {});
  });
});
