import { inspect } from "node:util";
import { expect } from "chai";
import sinon from "sinon";
import { type Logger, retry, runAllWorkers, StaticBackoff, type WorkerContext, wait } from "watchbill";

describe("An entry that cannot be logged", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let write: sinon.SinonStub;
  const failure = new Error("no luck");

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    write = sinon.stub(process.stderr, "write");
  });

  afterEach(() => {
    write.restore();
    clock.restore();
  });

  const broken = (): void => {
    throw new Error("the disk is full");
  };
  const throwing: Logger = { debug: broken, info: broken, warn: broken, error: broken };

  /** The first line of every entry on stderr. */
  const written = () => write.args.map(([text]) => String(text).split("\n")[0]);

  /** How often a worker ran in 10 s that fails with this error every second. */
  async function runsOf(error: unknown, logger?: Logger): Promise<number> {
    const worker = sinon.stub<[WorkerContext], unknown>().rejects(error);
    void retry(worker, new StaticBackoff({ sleep: "1s" })).run({ signal: stop.signal, logger } as never);
    await clock.tickAsync(9_500);
    stop.abort();
    return worker.callCount;
  }

  it("does not keep a worker from being restarted if the logger throws", async () => {
    expect(await runsOf(failure, throwing)).to.equal(10);
  });

  it("is written to stderr, with the error of the logger", async () => {
    const running = runAllWorkers([() => Promise.reject(failure)], { logger: throwing }).catch(() => {});
    await running;
    expect(written()).to.deep.equal([
      "1970-01-01T00:00:00.000Z ERROR worker 1: failed; the runner stops",
      "1970-01-01T00:00:00.000Z ERROR worker 1: the logger failed on the entry above",
    ]);
    expect(write.args[1]?.[0]).to.include("    Error: the disk is full");
  });

  it("does not affect a worker that writes to its own logger, at any level", async () => {
    const running = runAllWorkers(
      [
        async ({ logger, signal }) => {
          logger.debug("a");
          logger.info({ commits: 3 }, "b");
          logger.warn("c");
          logger.error({ err: failure }, "d");
          await wait("1h", { signal });
        },
      ],
      { signal: stop.signal, logger: throwing },
    );
    stop.abort();
    await running;
    expect(written().filter((line) => !line?.includes("the logger failed on the entry above"))).to.deep.equal([
      "1970-01-01T00:00:00.000Z DEBUG worker 1: a",
      "1970-01-01T00:00:00.000Z INFO worker 1: b (commits 3)",
      "1970-01-01T00:00:00.000Z WARN worker 1: c",
      "1970-01-01T00:00:00.000Z ERROR worker 1: d",
    ]);
  });

  it("does not affect anything if the logger loses its methods later", async () => {
    const logger: Partial<Logger> = { debug() {}, info() {}, warn() {}, error() {} };
    const worker = sinon.stub<[WorkerContext], unknown>().callsFake(() => {
      delete logger.error;
      delete logger.warn;
      delete logger.debug;
      return Promise.reject(failure);
    });
    void retry(worker, new StaticBackoff({ sleep: "1s" })).run({ signal: stop.signal, logger } as never);
    await clock.tickAsync(9_500);
    stop.abort();
    expect(worker.callCount).to.equal(10);
    expect(written().filter((line) => line?.includes("the logger failed"))).to.have.length(10);
  });

  for (const [what, property] of [
    ["whose stack cannot be read", "stack"],
    ["that cannot be inspected", inspect.custom],
  ] as const) {
    const unshowable = Object.defineProperty(new Error("no luck"), property, {
      get() {
        throw new Error("not to be shown");
      },
    });

    it(`does not keep a worker from being restarted, if it has an error ${what}`, async () => {
      expect(await runsOf(unshowable)).to.equal(10);
    });

    it(`does not keep a runner from ending, if it has an error ${what}`, async () => {
      const ended = sinon.spy();
      runAllWorkers([() => Promise.reject(unshowable)]).catch(ended);
      await clock.tickAsync(1_000);
      expect(ended.callCount).to.equal(1);
      expect(ended.firstCall.firstArg).to.have.property("cause", unshowable);
    });
  }
});
