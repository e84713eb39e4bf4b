import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  DoNotRestart,
  GiveUp,
  InvalidArgumentError,
  RestartLimitError,
  type RetryOptions,
  repeat,
  retry,
  retryJob,
  runAllJobs,
  runAllWorkers,
  StaticBackoff,
  StopAll,
  stopped,
  timeout,
  type WorkerContext,
  WorkersFailedError,
  wait,
} from "watchbill";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "1s" });
const untilStopped = ({ signal }: WorkerContext) => stopped(signal);

describe("A worker that gives up or completes", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers();
  });

  afterEach(() => {
    clock.restore();
    sinon.restore();
  });

  /** How a retried worker ends that fails at these intervals, and how often it was started. */
  async function end(policy: Omit<RetryOptions, "backoff">, failures: Error[], every = 0) {
    let starts = 0;
    const worker = async ({ signal }: WorkerContext) => {
      const failure = failures[starts++];
      await wait(every, { signal });
      if (failure === undefined) await stopped(signal);
      else throw failure;
    };
    const stop = new AbortController();
    const ending = runAllWorkers([retry(worker, { backoff, ...policy })], { signal: stop.signal, logger }).then(
      () => undefined,
      (error: unknown) => (error instanceof WorkersFailedError ? error.errors[0] : error),
    );
    await clock.tickAsync("10:00:00");
    stop.abort();
    return { starts, error: await ending };
  }

  const errors = (count: number) => Array.from({ length: count }, (_, i) => new Error(`failure ${i + 1}`));

  it("gives up after one consecutive failure more than maxRestarts, with the last error as the cause", async () => {
    const failures = errors(5);
    const { starts, error } = await end({ maxRestarts: 3 }, failures);
    expect(starts).to.equal(4);
    expect(error).to.be.instanceOf(RestartLimitError);
    expect(error).to.have.property("message", "worker gave up after 3 restarts in a row; its last error: Error: failure 4");
    expect(error).to.have.property("cause", failures[3]);
  });

  it("does not give up if resetAfter elapses between failures", async () => {
    expect(await end({ maxRestarts: 1 }, errors(5), 60_000)).to.deep.equal({ starts: 6, error: undefined });
  });

  it("gives up after one failure more than maxRestarts within a sliding window, healthy in between or not", async () => {
    const { starts, error } = await end({ maxRestarts: 2, within: "10m" }, errors(9), 120_000);
    expect(starts).to.equal(3);
    expect(error).to.have.property("message", "worker gave up after 2 restarts within 10m; its last error: Error: failure 3");
    expect(await end({ maxRestarts: 2, within: "4m" }, errors(9), 120_000)).to.deep.equal({ starts: 10, error: undefined });
  });

  it("never restarts with a maxRestarts of 0", async () => {
    const { starts, error } = await end({ maxRestarts: 0 }, errors(2));
    expect(starts).to.equal(1);
    expect(error).to.have.property("message", "worker gave up after 0 restarts in a row; its last error: Error: failure 1");
  });

  it("gives up with its error as soon as retryIf returns false for the error and the attempt", async () => {
    const failures = errors(5);
    const retryIf = sinon.spy((error: Error) => error !== failures[2]);
    const { starts, error } = await end({ retryIf }, failures);
    expect(starts).to.equal(3);
    expect(error).to.equal(failures[2]);
    expect(retryIf.args).to.deep.equal(failures.slice(0, 3).map((failure, i) => [failure, i + 1]));
  });

  it("completes, or stops all workers, if retryIf throws DoNotRestart or StopAll", async () => {
    const deciding = (decision: Error) => ({
      retryIf: () => {
        throw decision;
      },
    });
    expect((await end(deciding(new DoNotRestart("hopeless")), errors(2))).error).to.equal(undefined);
    expect((await end(deciding(new StopAll("hopeless")), errors(2))).error).to.equal(undefined);
  });

  it("gives up with the error that retryIf throws", async () => {
    const bug = new TypeError("no such field");
    const retryIf = () => {
      throw bug;
    };
    expect(await end({ retryIf }, errors(2))).to.deep.equal({ starts: 1, error: bug });
  });

  // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
  const thenable = { then: (resolve: (value: boolean) => void) => resolve(false) };
  for (const [what, retryIf] of [
    ["resolves", () => Promise.resolve(true)],
    ["rejects", () => Promise.reject(new Error("never seen"))],
    ["is a thenable", () => thenable],
  ] as const) {
    it(`gives up with an explanatory error if retryIf returns a promise that ${what}`, async () => {
      const failures = errors(2);
      const { starts, error } = await end({ retryIf: retryIf as never }, failures);
      expect(starts).to.equal(1);
      expect(error).to.be.instanceOf(InvalidArgumentError).and.to.include({
        message: "retryIf of worker returned a promise: return true or false",
        cause: failures[0],
      });
    });
  }

  it("gives up immediately when it throws GiveUp", async () => {
    const cause = new Error("the account is closed");
    const failures = [new Error("HTTP 503"), new GiveUp("no such account", { cause }), new Error("not reached")];
    const lines: unknown[] = [];
    sinon.stub(logger, "error").callsFake((...args: unknown[]) => void lines.push(args));
    const { starts, error } = await end({}, failures);
    expect(starts).to.equal(2);
    expect(error).to.equal(failures[1]);
    expect(lines).to.deep.equal([
      [{ worker: "worker", attempt: 2, err: failures[1] }, "failed (attempt 2), giving up; the runner stops"],
    ]);
  });

  for (const [policy, problem] of [
    [{ maxRestarts: -1 }, "maxRestarts is -1: pass a whole number, 0 or more"],
    [{ maxRestarts: 1.5 }, "maxRestarts is 1.5: pass a whole number, 0 or more"],
    [{ maxRestarts: "3" }, "maxRestarts is a string: pass a whole number, 0 or more"],
    [{ maxRestarts: 1, within: 0 }, "within is 0, a window that holds no failure: pass a duration above 0, or leave it out"],
    [{ within: "1m" }, "within needs maxRestarts: pass the number of restarts that are allowed in that time"],
    [{ retryIf: true }, "retryIf is true: pass a function that returns a boolean"],
  ] as [object, string][]) {
    it(`cannot be created with ${JSON.stringify(policy)}`, () => {
      expect(() => retry(untilStopped, { backoff, ...policy }))
        .to.throw(InvalidArgumentError)
        .with.property("message", problem);
    });
  }

  for (const [what, worker] of [
    ["a worker", async () => Promise.reject(new DoNotRestart("all imported"))],
    ["a retried worker", retry(() => Promise.reject(new DoNotRestart("all imported")), backoff)],
    [
      "a job deep inside",
      retry(
        repeat(
          "1s",
          timeout(
            retryJob(() => {
              throw new DoNotRestart("all imported");
            }, backoff),
            "1s",
          ),
        ),
        backoff,
      ),
    ],
  ] as const) {
    it(`completes without a failure on DoNotRestart, and the others continue: ${what}`, async () => {
      const runner = bootstrap(
        [new DeclarativeWorker({ name: "importer", worker }), new DeclarativeWorker({ name: "listener", worker: untilStopped })],
        { logger },
      );
      const running = runner.run();
      await clock.tickAsync("01:00");
      expect(runner.status().map(({ phase, health, failures }) => ({ phase, health, failures }))).to.deep.equal([
        { phase: "stopped", health: "ok", failures: 0 },
        { phase: "running", health: "ok", failures: 0 },
      ]);
      await runner.stop();
      await running;
    });
  }

  it("ends the runner without a failure if it is the last one", async () => {
    await runAllWorkers([() => Promise.reject(new DoNotRestart()), () => Promise.reject(new DoNotRestart())], { logger });
    expect(clock.countTimers()).to.equal(0);
  });

  it("rejects with its StopAll if it is an unsupervised job, and resolves on DoNotRestart", async () => {
    const request = new StopAll("the license has expired");
    const context = { signal: new AbortController().signal, name: "x", attempt: 0, logger, reportHealth() {} };
    const ending = (thrown: Error) =>
      Promise.resolve(retryJob(() => Promise.reject(thrown), backoff).runOnce(context)).catch((error: unknown) => error);
    expect(await ending(request)).to.equal(request);
    expect(await ending(new DoNotRestart())).to.equal(undefined);
  });

  it("ends the worker that runs it, and not the runner around it", async () => {
    const done = () => Promise.reject(new DoNotRestart());
    let after = 0;
    const workers = [
      named("run", (context) => Promise.resolve(repeat("1s", done).run(context)), { retry: backoff }),
      named("runOnce", async (context) => {
        await retryJob(done, backoff).runOnce(context);
        after++;
      }),
      named("nested", () => {}, { worker: bootstrap([named("inner", done)], { logger }), retry: backoff }),
      named("listener", untilStopped),
    ];
    const runner = bootstrap(workers, { logger });
    const running = runner.run();
    await clock.tickAsync("01:00");
    expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["stopped", "stopped", "stopped", "running"]);
    expect(after).to.equal(0);
    await runner.stop();
    await running;
  });

  it("logs the reasons of DoNotRestart and StopAll", async () => {
    const lines: unknown[] = [];
    const info = (details: object, message?: string) => lines.push([details, message]);
    const importer = () => Promise.reject(new DoNotRestart("all imported"));
    const watchdog = async () => {
      await wait("1s");
      throw new StopAll("the license has expired");
    };
    const workers = [named("importer", importer), named("watchdog", watchdog)];
    const running = bootstrap(workers, { logger: { ...logger, info } }).run();
    await clock.tickAsync("2");
    await running;
    expect(lines).to.deep.equal([
      [{ workers: 2 }, "started 2 workers"],
      [{ worker: "importer" }, "completed: all imported"],
      [{ worker: "watchdog" }, "stops all workers: the license has expired"],
      [{}, "stopped"],
    ]);
  });

  it("stops cleanly if it was waiting for jobs that did", async () => {
    const job = ({ signal }: WorkerContext) => wait("1h", { signal });
    const runner = bootstrap([named("batch", (context) => runAllJobs([job, job], context))], { logger });
    const running = runner.run();
    await runner.stop();
    await running;
  });

  it("stops all workers on StopAll, in every enclosing runner, without a failure", async () => {
    const stopped: string[] = [];
    const listen = (name: string) => async (context: WorkerContext) => {
      await untilStopped(context);
      stopped.push(name);
    };
    const inner = bootstrap(
      [
        new DeclarativeWorker({ name: "inner", worker: listen("inner") }),
        new DeclarativeWorker({
          name: "watchdog",
          async job() {
            throw new StopAll("the license has expired");
          },
          repeat: "1m",
          retry: backoff,
        }),
      ],
      { logger },
    );
    const outer = [new DeclarativeWorker({ name: "nested", worker: inner, retry: backoff }), named("outer", listen("outer"))];
    const running = bootstrap(outer, { logger }).run();
    await clock.tickAsync("01:01");
    await running;
    expect(stopped).to.have.members(["inner", "outer"]);
  });

  for (const restart of ["on-failure", "never"] as const) {
    it(`completes when it returns, with restart ${restart}; the runner continues`, async () => {
      const runner = bootstrap([named("migration", () => wait("1s"), { restart }), named("listener", untilStopped)], { logger });
      const running = runner.run();
      await clock.tickAsync("01:00");
      expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["stopped", "running"]);
      expect(runner.workers[0]).to.include({ restart });
      await runner.stop();
      await running;
    });
  }

  it('is retried only after failures with restart "on-failure"', async () => {
    let starts = 0;
    const worker = async () => {
      if (++starts < 3) throw new Error("no");
    };
    const running = bootstrap([named("migration", worker, { restart: "on-failure", retry: backoff })], { logger }).run();
    await clock.tickAsync("01:00");
    await running;
    expect(starts).to.equal(3);
  });

  for (const [options, problem] of [
    [{ restart: "sometimes" }, `restart is 'sometimes': use "always", "on-failure" or "never"`],
    [{ restart: "never", retry: backoff }, 'The worker x has restart "never" and a retry: leave one of them out'],
    [
      { worker: undefined, job: () => {}, repeat: "1s", restart: "never" },
      "The worker x has restart but no worker: a repeated job does not return, so leave it out",
    ],
  ] as [DeclarativeWorkerOptions, string][]) {
    it(`cannot be declared with ${JSON.stringify(options)}`, () => {
      expect(() => named("x", untilStopped, options))
        .to.throw(InvalidArgumentError)
        .with.property("message", problem);
    });
  }

  function named(name: string, worker: (context: WorkerContext) => unknown, options: DeclarativeWorkerOptions = {}) {
    return new DeclarativeWorker({ name, worker, ...options });
  }

  it('has restart "always" by default', async () => {
    for (const options of [{}, { restart: "always" }] as const) {
      let starts = 0;
      const worker = named("x", () => void starts++, { ...options, retry: new StaticBackoff({ sleep: "1s" }) });
      const runner = bootstrap([worker], { logger });
      const running = runner.run();
      await clock.tickAsync("02");
      expect(starts).to.be.at.least(2);
      await runner.stop();
      await running;
    }
  });
});
