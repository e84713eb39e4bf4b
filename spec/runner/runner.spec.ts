import { getEventListeners } from "node:events";
import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  BootstrapError,
  bootstrap,
  DeclarativeWorker,
  InvalidArgumentError,
  Repeat,
  Runner,
  RunnerBusyError,
  ShutdownTimeoutError,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  WorkersFailedError,
  wait,
} from "watchbill";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const untilStopped = ({ signal }: WorkerContext) => stopped(signal);
const never = () => new Promise<void>(() => {});

const runnerOf = (workers: Record<string, (context: WorkerContext) => unknown>, options = {}) =>
  bootstrap(
    Object.entries(workers).map(([name, worker]) => new DeclarativeWorker({ name, worker })),
    { logger: silent, ...options },
  );

describe("A runner", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("runs until it is stopped, and resolves if no worker failed", async () => {
    class Fetcher {
      runs = 0;

      @Repeat("5s")
      fetch() {
        this.runs++;
      }

      @Worker
      async listen({ signal }: WorkerContext) {
        await stopped(signal);
      }
    }
    const fetcher = new Fetcher();
    const runner = bootstrap([fetcher], { logger: silent });
    const running = runner.run();
    await clock.tickAsync("01:00");
    expect(fetcher.runs).to.equal(12);
    await runner.stop();
    await running;
    await clock.tickAsync("01:00");
    expect(fetcher.runs).to.equal(12);
  });

  it("stops the other workers when one fails, and rejects with every error by identity and every name", async () => {
    const [first, second] = [new Error("disk full"), new Error("cannot close")];
    const runner = runnerOf({
      async writer() {
        throw first;
      },
      async reader({ signal }) {
        await stopped(signal);
        throw second;
      },
      cleaner: untilStopped,
    });
    const error = await runner.run().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(WorkersFailedError);
    expect(error).to.have.property("message", "2 workers failed:\n  writer: Error: disk full\n  reader: Error: cannot close");
    expect(error).to.deep.include({ errors: [first, second], workers: ["writer", "reader"], cause: first });
  });

  it("stops on the signal of bootstrap or of run, and starts nothing if that has aborted", async () => {
    for (const given of ["bootstrap", "run"] as const) {
      let starts = 0;
      const { signal, abort } = abortable();
      const counted = (context: WorkerContext) => {
        starts++;
        return untilStopped(context);
      };
      const runner = runnerOf({ counted }, given === "bootstrap" ? { signal } : {});
      const running = runner.run(given === "run" ? { signal } : {});
      expect(getEventListeners(signal, "abort")).to.have.length(1);
      abort();
      await running;
      expect(getEventListeners(signal, "abort")).to.have.length(0);
      await runner.run(given === "run" ? { signal } : {});
      expect(starts).to.equal(1);
    }
  });

  it("shows how long workers may take to stop, in ms", () => {
    expect(runnerOf({}).shutdownTimeout).to.equal(25_000);
    expect(runnerOf({}, { shutdownTimeout: "1m" }).shutdownTimeout).to.equal(60_000);
  });

  it("reports the workers that do not stop in time, also within another runner, and how to fix it", async () => {
    const inner = runnerOf({ stuck: never, fine: untilStopped }, { shutdownTimeout: "5s" });
    const runner = bootstrap([new DeclarativeWorker({ name: "imports", worker: inner })], {
      logger: silent,
      shutdownTimeout: "1s",
    });
    const outcome = runner.run().catch((thrown: unknown) => thrown);
    const stopped = runner.stop();
    await clock.tickAsync(999);
    await clock.tickAsync(1);
    await stopped;
    const error = await outcome;
    expect(error)
      .to.be.instanceOf(ShutdownTimeoutError)
      .and.to.deep.include({ workers: ["imports/stuck"] });
    expect(error).to.have.property(
      "message",
      "1 worker did not stop within 1s: imports/stuck. Let each watch context.signal, or raise shutdownTimeout",
    );
  });

  it("reports failed and hung workers in one error", async () => {
    const failure = new Error("disk full");
    const runner = runnerOf({
      stuck: never,
      writer() {
        throw failure;
      },
    });
    const outcome = runner.run().catch((thrown: unknown) => thrown);
    await clock.tickAsync("30");
    const error = await outcome;
    expect(error).to.be.instanceOf(WorkersFailedError);
    expect(error).to.have.property("errors").with.length(2);
    expect(error).to.have.nested.property("errors[0]", failure);
    expect(error).to.have.nested.property("errors[1]").that.is.instanceOf(ShutdownTimeoutError);
  });

  it("logs a worker that ends only after the shutdown timeout, including its error", async () => {
    const lines: unknown[] = [];
    const push = (details: object, message?: string) => lines.push([message, details]);
    const late = new Error("too late");
    const runner = runnerOf(
      {
        async sleeper() {
          await wait("1m");
        },
        async failer() {
          await wait("2m");
          throw late;
        },
      },
      { logger: { debug: push, info: push, warn: push, error: push }, shutdownTimeout: "10s" },
    );
    const outcome = runner.run().catch((thrown: unknown) => thrown);
    await clock.tickAsync("00:10");
    void runner.stop();
    await clock.tickAsync("03:00");
    expect(await outcome).to.be.instanceOf(ShutdownTimeoutError);
    expect(lines).to.deep.equal([
      ["started 2 workers", { workers: 2 }],
      ["still stopping after 5s: sleeper, failer", { duration: 5_000 }],
      ["stopped, but these workers did not stop in time: sleeper, failer", {}],
      ["exited after the shutdown timeout", { worker: "sleeper" }],
      ["exited after the shutdown timeout", { worker: "failer", err: late }],
    ]);
  });

  it("rejects a second run while the first or a hung worker still runs, and can run again after that", async () => {
    const gate = deferred();
    const runner = runnerOf({ slow: () => gate.promise }, { shutdownTimeout: "1s" });
    const outcome = runner.run().catch((thrown: unknown) => thrown);
    const refused = await runner.run().catch((thrown: unknown) => thrown);
    expect(refused).to.be.instanceOf(RunnerBusyError);
    expect(refused).to.have.property("message", "The runner already runs: slow must have stopped before run() is called again");
    void runner.stop();
    await clock.tickAsync("2");
    expect(await outcome).to.be.instanceOf(ShutdownTimeoutError);
    expect(await runner.run().catch((thrown: unknown) => thrown)).to.be.instanceOf(RunnerBusyError);
    gate.resolve(undefined);
    await clock.tickAsync(0);
    const again = await runner.run().catch((thrown: unknown) => thrown);
    expect(again).to.have.property("message").that.includes("slow exited prematurely");
  });

  it("can be stopped before, during and after a run, and twice", async () => {
    const runner = runnerOf({ listener: untilStopped });
    await runner.stop();
    const running = runner.run();
    await Promise.all([runner.stop(), runner.stop(), running]);
    await runner.stop();
    const again = runner.run();
    await runner.stop();
    await again;
  });

  it("leaves no listener and no timer behind, however it ends", async () => {
    const before = process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
    const stopped = runnerOf({ listener: untilStopped });
    const running = stopped.run();
    expect(process.listenerCount("SIGINT") + process.listenerCount("SIGTERM")).to.equal(before + 2);
    await stopped.stop();
    await running;
    await runnerOf({ failer: () => Promise.reject(new Error("no")), other: untilStopped })
      .run()
      .catch(() => {});
    await runnerOf({ failer: never }, { shutdownTimeout: 0, signal: AbortSignal.abort() }).run();
    const hung = runnerOf({ never }, { shutdownTimeout: 10 });
    const outcome = hung.run().catch(() => {});
    void hung.stop();
    await clock.tickAsync(20);
    await outcome;
    expect(process.listenerCount("SIGINT") + process.listenerCount("SIGTERM")).to.equal(before);
    expect(clock.countTimers()).to.equal(0);
  });

  it("does not handle process signals if it has a signal of its own, unless signals are specified", async () => {
    const count = () => process.listenerCount("SIGINT") + process.listenerCount("SIGHUP");
    const before = count();
    const { signal, abort } = abortable();
    const quiet = runnerOf({ listener: untilStopped }).run({ signal });
    expect(count()).to.equal(before);
    const handling = runnerOf({ listener: untilStopped }, { signal, signals: ["SIGHUP"] }).run();
    expect(count()).to.equal(before + 1);
    abort();
    await Promise.all([quiet, handling]);
    expect(count()).to.equal(before);
  });

  it("is a worker: it can be part of another runner, with a retry of its own", async () => {
    let starts = 0;
    const inner = runnerOf({
      async flaky() {
        starts++;
        await wait("1s");
        throw new Error("lost");
      },
      listener: untilStopped,
    });
    const retry = new StaticBackoff({ sleep: "9s" });
    const outer = bootstrap([new DeclarativeWorker({ name: "imports", worker: inner, retry })], { logger: silent });
    const running = outer.run();
    await clock.tickAsync("00:59");
    expect(starts).to.equal(6);
    await outer.stop();
    await running;
  });

  it("can be run with the context of a worker, and stops with it", async () => {
    const names: string[] = [];
    const inner = runnerOf({
      listener: (context) => {
        names.push(context.name);
        return untilStopped(context);
      },
    });
    const outer = runnerOf({ imports: (context) => inner.run(context) });
    const running = outer.run();
    await outer.stop();
    await running;
    expect(names).to.deep.equal(["imports/listener"]);
  });

  it("uses its own signal and logger within another runner, and releases the signal", async () => {
    const { signal, abort } = abortable();
    const lines: unknown[] = [];
    const logger = { ...silent, error: (details: object) => lines.push(details) };
    const failure = new Error("no");
    const inner = runnerOf(
      {
        async closer(context) {
          await untilStopped(context);
          throw failure;
        },
      },
      { signal, logger },
    );
    const running = runnerOf({ imports: (context) => inner.run(context) })
      .run()
      .catch(() => {});
    const native = bootstrap([new DeclarativeWorker({ name: "native", worker: runnerOf({ idle: untilStopped }, { signal }) })], {
      logger: silent,
      signal: abortable().signal,
    }).run();
    abort();
    await Promise.all([running, native]);
    expect(lines).to.deep.include({ worker: "imports/closer", err: failure });
    expect(getEventListeners(signal, "abort")).to.have.length(0);
  });

  it("resolves stop() when every worker has stopped", async () => {
    const order: string[] = [];
    const runner = runnerOf({
      async slow({ signal }) {
        await stopped(signal);
        await wait("5s");
        order.push("stopped");
      },
    });
    const running = runner.run();
    const stopping = runner.stop().then(() => order.push("stop() resolved"));
    await clock.tickAsync("10");
    await Promise.all([stopping, running]);
    expect(order).to.deep.equal(["stopped", "stop() resolved"]);
  });

  it("shares its listeners to process signals with other runners", async () => {
    const before = process.listenerCount("SIGTERM");
    const runners = Array.from({ length: 20 }, () => runnerOf({ listener: untilStopped }));
    const running = runners.map((runner) => runner.run());
    expect(process.listenerCount("SIGTERM")).to.equal(before + 1);
    await Promise.all(runners.map((runner) => runner.stop()));
    await Promise.all(running);
    expect(process.listenerCount("SIGTERM")).to.equal(before);
  });

  for (const [options, problem] of [
    [{ signal: {} }, "The signal of the context is an object without keys: pass an AbortSignal"],
    [{ logger: 5 }, "The logger of the context: it is a number"],
    [null, "The context is null: pass an object with a signal"],
  ] as [never, string][]) {
    it(`refuses to run with ${JSON.stringify(options)}, without listening to signals`, async () => {
      const before = process.listenerCount("SIGTERM");
      const error = await runnerOf({ listener: untilStopped }, { signals: ["SIGTERM"] })
        .run(options)
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(InvalidArgumentError).with.property("message", problem);
      expect(process.listenerCount("SIGTERM")).to.equal(before);
    });
  }

  const workerOf = (name: string) => new DeclarativeWorker({ name, worker() {} });
  for (const [what, workers, problems] of [
    [
      "two of one name",
      [workerOf("a"), workerOf("b"), workerOf("a")],
      [
        'worker 1 of the runner and worker 3 of the runner are both named "a": rename one of them, for example with @Named((self) => …)',
      ],
    ],
    [
      "the same one twice",
      Array(2).fill(workerOf("a")),
      [
        'worker 1 of the runner and worker 2 of the runner are both named "a": rename one of them, for example with @Named((self) => …)',
      ],
    ],
    ["a function", [() => {}], ["worker 1 of the runner: a function without a name is not a DeclarativeWorker"]],
    ["null", null, ["The workers of a runner are null: pass an array of DeclarativeWorkers"]],
    ["no array", "postgres://u:secret@h", ["The workers of a runner are a string: pass an array of DeclarativeWorkers"]],
  ] as const) {
    it(`cannot be created with ${what} for its workers`, () => {
      expect(() => new Runner(workers as never))
        .to.throw(BootstrapError)
        .with.deep.property("problems", problems);
    });
  }

  for (const [options, problem] of [
    [null, "The options of the runner are null: pass an object"],
    ["5s", "The options of the runner are a string: pass an object"],
    [{ stoporder: "all" }, 'the runner has no option "stoporder": did you mean stopOrder?'],
    [
      { resolve: () => ({}) },
      'the runner has no option "resolve": there are logger, signal, signals, shutdownTimeout, stopOrder, engine, retry, around, only, except',
    ],
  ] as const) {
    it(`cannot be created with invalid options: ${problem}`, () => {
      expect(() => new Runner([], options as never))
        .to.throw(BootstrapError)
        .with.deep.property("problems", [problem]);
    });
  }

  it("warns if it is empty and has nothing to wait for", async () => {
    const warnings: unknown[] = [];
    await new Runner([], { logger: { ...silent, warn: (_details, message) => warnings.push(message) } }).run();
    expect(warnings).to.deep.equal(["there are no workers to run"]);
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

function deferred() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
