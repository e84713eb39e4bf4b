import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker, type DeclarativeWorkerOptions, type JobFunc, type Runner, StaticBackoff } from "watchbill";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "1s" });

describe("Workers that a runner starts together", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  let starts: [string, number][];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    starts = [];
  });

  afterEach(async () => {
    stop.abort();
    await clock.tickAsync(1);
    clock.restore();
  });

  const recorded =
    (name: string): JobFunc =>
    () =>
      void starts.push([name, clock.now]);

  function job(name: string, repeat: NonNullable<DeclarativeWorkerOptions["repeat"]>): DeclarativeWorker {
    return new DeclarativeWorker({ name, job: recorded(name), repeat });
  }

  /** A worker that runs this code when it starts, and then until it is stopped. */
  function first(step: (runner: Runner) => void, ...others: DeclarativeWorker[]): void {
    const worker = ({ signal }: { signal: AbortSignal }) => {
      step(runner);
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    const runner = bootstrap([new DeclarativeWorker({ name: "first", worker, retry: backoff }), ...others], {
      logger: silent,
      signal: stop.signal,
    });
    void runner.run();
  }

  it("share one grid, although they start one after the other", async () => {
    first(() => clock.jump(100), job("a", "1s"), job("b", "1s"));
    await clock.tickAsync(900);
    expect(starts).to.deep.equal([
      ["a", 1_000],
      ["b", 1_000],
    ]);
  });

  it("do not start in the past if one of them blocks the event loop during its start", async () => {
    first(() => clock.jump(900), job("b", { interval: "1s", startImmediately: true }));
    await clock.tickAsync(2_000);
    expect(starts).to.deep.equal([
      ["b", 900],
      ["b", 1_900],
      ["b", 2_900],
    ]);
  });

  it("do not include workers that their code adds meanwhile, which start at that later time", async () => {
    first((runner) => {
      clock.jump(50);
      runner.add(job("added", { interval: "10s", initialDelay: "500ms" }));
    });
    await clock.tickAsync(600);
    expect(starts).to.deep.equal([["added", 550]]);
  });
});
