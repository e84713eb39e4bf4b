import { expect } from "chai";
import sinon from "sinon";
import {
  BackoffError,
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  GiveUp,
  group,
  named,
  RestartLimitError,
  Retry,
  type RunnerOptions,
  retry,
  runAllWorkers,
  StaticBackoff,
  StopAll,
  stopped,
  Worker,
  wait,
} from "watchbill";

const backoff = new StaticBackoff({ sleep: "1s" });
const noBackoff = { duration: () => Number.NaN };
const failure = new Error("no route");
const bug = new Error("a bug in retryIf");
const fail = () => {
  throw failure;
};
const giveUp = () => {
  throw new GiveUp("card expired");
};
const failAsync = async () => fail();
const buggy = () => {
  throw bug;
};

describe("The log entry for the final failure of a worker", () => {
  let clock: sinon.SinonFakeTimers;
  let entries: unknown[][];
  const at =
    (level: string) =>
    (...args: unknown[]) => {
      entries.push([level, ...args]);
    };
  const logger = { debug() {}, info: at("info"), warn: at("warn"), error: at("error") };

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    entries = [];
  });

  afterEach(() => {
    clock.restore();
    sinon.restore();
  });

  const errors = () => entries.filter(([level]) => level === "error").map(([, fields, message]) => [message, errorOf(fields)]);

  async function runFor(seconds: number, workers: DeclarativeWorkerOptions[], options: RunnerOptions = {}): Promise<void> {
    const runner = bootstrap(
      workers.map((worker) => new DeclarativeWorker(worker)),
      { logger, signals: [], ...options },
    );
    const running = runner.run().catch(() => {});
    await clock.tickAsync(seconds * 1_000);
    const stopping = runner.stop();
    await clock.tickAsync(60_000);
    await Promise.all([running, stopping]);
  }

  const cases: Record<string, [options: Omit<DeclarativeWorkerOptions, "name">, message: string, error: unknown]> = {
    "a worker without a retry": [{ worker: failAsync }, "failed; the runner stops", failure],
    "a worker that its retry gives up": [
      { worker: failAsync, retry: { backoff, maxRestarts: 2 } },
      "gave up after 2 restarts in a row; the runner stops",
      RestartLimitError,
    ],
    "a worker that throws GiveUp": [
      { worker: async () => giveUp(), retry: backoff },
      "failed (attempt 1), giving up; the runner stops",
      GiveUp,
    ],
    "a worker that its retryIf refuses": [
      { worker: failAsync, retry: { backoff, retryIf: () => false } },
      "failed (attempt 1), giving up: its retryIf returned false; the runner stops",
      failure,
    ],
    "a worker whose retryIf fails": [
      { worker: failAsync, retry: { backoff, retryIf: buggy } },
      "failed (attempt 1), giving up: its retryIf failed; the runner stops",
      bug,
    ],
    "a worker whose backoff fails": [
      { worker: failAsync, retry: noBackoff },
      "failed (attempt 1), giving up: its backoff failed; the runner stops",
      BackoffError,
    ],
    "a job without a retry": [{ job: fail, repeat: "1s" }, "failed; the runner stops", failure],
    "a job that throws GiveUp": [
      { job: giveUp, repeat: "1s", retryJob: backoff },
      "failed (attempt 1), giving up this run; the runner stops",
      GiveUp,
    ],
    "a job after all its attempts": [
      { job: fail, repeat: "1s", retryJob: { backoff, maxAttempts: 2 } },
      "failed, giving up this run after 2 attempts; the runner stops",
      failure,
    ],
    "a job that its retryIf refuses": [
      { job: fail, repeat: "1s", retryJob: { backoff, retryIf: () => false } },
      "failed (attempt 1), giving up this run: its retryIf returned false; the runner stops",
      failure,
    ],
    "a job whose retryIf fails": [
      { job: fail, repeat: "1s", retryJob: { backoff, retryIf: buggy } },
      "failed (attempt 1), giving up this run: its retryIf failed; the runner stops",
      bug,
    ],
    "a job whose backoff fails": [
      { job: fail, repeat: "1s", retryJob: noBackoff },
      "failed (attempt 1), giving up: its backoff failed; the runner stops",
      BackoffError,
    ],
    "a job that times out and is given up": [
      { job: ({ signal }) => stopped(signal).then(fail), repeat: "1s", timeout: "1s", retry: { backoff, maxRestarts: 0 } },
      "gave up after 0 restarts in a row; the runner stops",
      RestartLimitError,
    ],
  };

  for (const [what, [options, message, error]] of Object.entries(cases)) {
    it(`is one error that includes the consequence: ${what}`, async () => {
      await runFor(10, [{ name: "x", ...options }]);
      const ofWorker = errors().filter(([text]) => text !== "failed after it had timed out");
      expect(ofWorker).to.have.length(1);
      expect(ofWorker[0]?.[0]).to.equal(message);
      if (typeof error === "function") expect(ofWorker[0]?.[1]).to.be.instanceOf(error);
      else expect(ofWorker[0]?.[1]).to.equal(error);
    });
  }

  for (const what of [
    "a worker whose retryIf fails",
    "a job whose retryIf fails",
    "a worker whose backoff fails",
    "a job whose backoff fails",
  ]) {
    it(`is preceded by a warning with the failure itself: ${what}`, async () => {
      const [options] = cases[what] ?? expect.fail();
      await runFor(10, [{ name: "x", ...options }]);
      const by = what.includes("backoff") ? "backoff" : "retryIf";
      expect(entries.filter(([level]) => level === "warn")).to.deep.equal([
        ["warn", { worker: "x", attempt: 1, err: failure }, `failed (attempt 1), and so did its ${by}`],
      ]);
    });
  }

  it("is a warning only, if retryIf throws StopAll", async () => {
    const retryIf = () => {
      throw new StopAll("maintenance");
    };
    await runFor(10, [{ name: "x", worker: failAsync, retry: { backoff, retryIf } }]);
    expect(errors()).to.deep.equal([]);
    expect(entries).to.deep.include([
      "warn",
      { worker: "x", attempt: 1, err: failure },
      "failed (attempt 1), and so did its retryIf",
    ]);
  });

  it("is an error for each worker, even if standalone workers throw the same error side by side", async () => {
    const worker = retry(failAsync, { backoff, retryIf: () => false });
    const running = runAllWorkers([named(worker, "x"), named(worker, "y")], { logger }).catch(() => {});
    await clock.tickAsync(1_000);
    await running;
    expect(entries).to.deep.equal([
      [
        "error",
        { worker: "x", attempt: 1, err: failure },
        "failed (attempt 1), giving up: its retryIf returned false; the runner stops",
      ],
      ["error", { worker: "y" }, "failed while it stopped"],
    ]);
  });

  it("is an error that mentions the stop if the runner stops but has not yet stopped this worker", async () => {
    await runFor(
      1,
      [
        { name: "x", worker: () => wait("2s").then(fail), retry: { backoff, maxRestarts: 0 } },
        { name: "y", worker: () => wait("5s") },
      ],
      { stopOrder: "reverse" },
    );
    expect(errors().map(([message]) => message)).to.deep.equal(["gave up after 0 restarts in a row before its turn to stop"]);
  });

  it("is an error that does not mention the runner if something else restarts the worker", async () => {
    const inner = retry(failAsync, { backoff, maxRestarts: 0 });
    await runFor(1, [{ name: "x", worker: retry(inner, new StaticBackoff({ sleep: "1h" })) }]);
    expect(errors().map(([message]) => message)).to.deep.equal(["gave up after 0 restarts in a row"]);
    entries = [];
    await runFor(1, [{ name: "x", worker: group(inner), retry: new StaticBackoff({ sleep: "1h" }) }]);
    expect(errors().map(([message]) => message)).to.deep.equal(["gave up after 0 restarts in a row; the group stops"]);
  });

  it("is an error in every run of the runner", async () => {
    const runner = bootstrap(
      [new DeclarativeWorker({ name: "x", job: fail, repeat: "1s", retryJob: { backoff, maxAttempts: 1 } })],
      { logger, signals: [] },
    );
    for (let i = 0; i < 2; i++) {
      const running = runner.run().catch(() => {});
      await clock.tickAsync(2_000);
      await running;
    }
    const message = "failed, giving up this run after 1 attempt; the runner stops";
    expect(errors().map(([text]) => text)).to.deep.equal([message, message]);
  });

  it("is in the same words each time that its class restarts", async () => {
    @Retry(backoff)
    class Listeners {
      @Worker
      @Retry({ backoff, retryIf: () => false })
      listen() {
        return failAsync();
      }
    }
    const runner = bootstrap([Listeners], { logger, signals: [] });
    const running = runner.run();
    await clock.tickAsync(2_500);
    await runner.stop();
    await running;
    const message = "failed (attempt 1), giving up: its retryIf returned false; its group stops";
    expect(errors().map(([text]) => text)).to.deep.equal([message, message, message]);
  });

  it("is counted once in the recovery if a run is given up, although the worker restarts", async () => {
    let runs = 0;
    const job = () => (++runs <= 3 ? giveUp() : undefined);
    await runFor(20, [{ name: "x", job, repeat: "1s", retryJob: backoff, retry: backoff }]);
    expect(entries.map(([, , message]) => message)).to.include("recovered after 3 failures in 6s");
  });
});

describe("The entries of the default logger for a persistent failure", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => {
    clock.restore();
    sinon.restore();
  });

  it("contain the number of times and of attempts once", async () => {
    const write = sinon.stub(process.stderr, "write");
    const runner = bootstrap(
      [
        new DeclarativeWorker({ name: "x", worker: failAsync, retry: backoff }),
        new DeclarativeWorker({ name: "y", job: fail, repeat: "1h", retryJob: { backoff, maxAttempts: 3 }, retry: backoff }),
      ],
      { signals: [] },
    );
    const running = runner.run();
    await clock.tickAsync(3_602_000);
    await runner.stop();
    await running;
    const lines = write.args.map(([text]) => String(text).split("\n")[0]?.slice(25) ?? "");
    write.restore();
    expect(lines).to.include("WARN x: failed (attempt 61), restarting in 1s; 61 times in 1m: Error: no route");
    expect(lines).to.include("ERROR y: failed, giving up this run after 3 attempts: Error: no route");
    expect(lines.filter((line) => line.includes("(count"))).to.deep.equal([]);
  });
});

function errorOf(fields: unknown): unknown {
  return typeof fields === "object" && fields !== null && "err" in fields ? fields.err : undefined;
}
