import { inspect } from "node:util";
import { expect } from "chai";
import sinon from "sinon";
import { BackoffError, repeat, retry, retryJob, type Worker } from "watchbill";
import { escapedFrom } from "../unhandled-rejections.fixture.js";

/** Lets all pending promises continue. */
const flush = () => new Promise<void>((resolve) => process.nextTick(resolve));

describe("A backoff that returns an invalid delay", () => {
  let clock: sinon.SinonFakeTimers;
  let logger: Record<"debug" | "info" | "warn" | "error", sinon.SinonSpy>;
  const failure = new Error("no luck");
  const fail = () => Promise.reject(failure);

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
  });

  afterEach(() => clock.restore());

  /** The error that the worker ends with; undefined if it does not end. */
  async function endOf(worker: Worker): Promise<unknown> {
    let end: unknown;
    const context = { signal: new AbortController().signal, name: "x", attempt: 0, logger, reportHealth() {} };
    Promise.resolve(worker.run(context)).catch((error: unknown) => (end = error));
    await clock.tickAsync(10);
    await flush();
    return end;
  }

  const chains = {
    retry: (duration: () => unknown) => retry(fail, { duration } as never),
    retryJob: (duration: () => unknown) => repeat(1, retryJob(fail, { duration } as never)),
  };

  for (const [element, chain] of Object.entries(chains)) {
    describe(`of ${element}`, () => {
      for (const [delay, shown] of [
        [Number.NaN, "NaN"],
        [-1, "-1"],
        [Number.POSITIVE_INFINITY, "Infinity"],
        ["5", "'5'"],
        [undefined, "undefined"],
        [null, "null"],
        [{}, "an object without keys"],
      ] as const) {
        it(`ends the worker if it returns ${shown}`, async () => {
          const error = await endOf(chain(() => delay));
          expect(error).to.be.instanceOf(BackoffError);
          expect(error).to.include({
            name: "BackoffError",
            worker: "x",
            failure,
            message: `The backoff of x returned ${shown} for attempt 1; it must return a finite number of ms, 0 or more`,
          });
          expect(error).not.to.have.property("cause");
        });
      }

      it("ends the worker if it throws, with the thrown value as the cause", async () => {
        const cause = new Error("broken");
        const error = await endOf(
          chain(() => {
            throw cause;
          }),
        );
        expect(error).to.be.instanceOf(BackoffError);
        expect(error).to.include({
          worker: "x",
          failure,
          cause,
          message: "The backoff of x threw for attempt 1; it must return a finite number of ms, 0 or more",
        });
      });

      it("ends the worker if it is asynchronous, and handles its rejection", async () => {
        let error: unknown;
        const escaped = await escapedFrom(async () => {
          error = await endOf(chain(() => Promise.reject(new Error("no settings"))));
        });
        expect(escaped).to.deep.equal([]);
        expect(error).to.be.instanceOf(BackoffError);
        expect(error).to.include({
          failure,
          message:
            "The backoff of x returned an instance of Promise for attempt 1; it must return a finite number of ms, 0 or more",
        });
      });

      it("ends the worker if it returns a value that cannot be shown", async () => {
        const unshowable = {
          [inspect.custom]() {
            throw new Error("not to be shown");
          },
        };
        expect(await endOf(chain(() => unshowable))).to.be.instanceOf(BackoffError);
      });

      it("does not hide the worker's own error, which is logged", async () => {
        await endOf(chain(() => Number.NaN));
        expect(logger.warn.args).to.deep.equal([
          [{ worker: "x", attempt: 1, err: failure }, "failed (attempt 1), and so did its backoff"],
        ]);
        expect(logger.warn.firstCall.firstArg.err).to.equal(failure);
        expect(logger.error.args.map(([, message]) => message)).to.deep.equal([
          "failed (attempt 1), giving up: its backoff failed",
        ]);
        expect(logger.error.firstCall.firstArg).to.include({ worker: "x", attempt: 1 });
      });

      it("leaves no timer behind", async () => {
        await endOf(chain(() => Number.NaN));
        expect(clock.countTimers()).to.equal(0);
      });
    });
  }

  it("after a normal return has no failure to log", async () => {
    const error = await endOf(retry(() => {}, { duration: () => Number.NaN }));
    expect(error).to.be.instanceOf(BackoffError);
    expect(error).to.include({
      failure: undefined,
      message: "The backoff of x returned NaN for attempt 0; it must return a finite number of ms, 0 or more",
    });
    expect(logger.error.args).to.deep.equal([]);
  });
});
