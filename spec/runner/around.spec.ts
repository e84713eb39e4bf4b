import { AsyncLocalStorage } from "node:async_hooks";
import { expect } from "chai";
import sinon from "sinon";
import {
  type Around,
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  InvalidArgumentError,
  observe,
  type Runner,
  repeat,
  runAllJobs,
  StaticBackoff,
  stopped,
  type WorkerContext,
  wait,
  wrapRuns,
} from "watchbill";
import { silent, watch } from "./commands.fixture.js";

describe("The option around", () => {
  let clock: sinon.SinonFakeTimers;
  let runner: Runner;
  let running: ReturnType<typeof watch>;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(async () => {
    void runner.stop();
    await clock.tickAsync("01:00");
    expect(running.outcome).to.not.equal("pending");
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  function start(around: readonly Around[], options: DeclarativeWorkerOptions): void {
    runner = bootstrap([new DeclarativeWorker({ name: "job", ...options })], { logger: silent, signals: [], around });
    running = watch(runner.run());
  }

  it("wraps every run, the first function outermost", async () => {
    const seen: string[] = [];
    const log =
      (name: string): Around =>
      async ({ name: worker, attempt }, next) => {
        seen.push(`${name} before ${worker} ${attempt}`);
        const result = await next();
        seen.push(`${name} after ${String(result)}`);
        return result;
      };
    const job = async () => {
      seen.push("run");
      return "result";
    };
    start([log("a"), log("b")], { job, repeat: "10s" });
    await clock.tickAsync("00:10");
    expect(seen).to.deep.equal(["a before job 0", "b before job 0", "run", "b after result", "a after result"]);
    expect(runner.status()[0]).to.include({ runs: 1, health: "ok" });
  });

  it("wraps each attempt of a run, and each start of a continuous worker", async () => {
    const seen: string[] = [];
    const around: Around = ({ attempt }, next) => {
      seen.push(`${attempt}`);
      return next();
    };
    let calls = 0;
    const fails = () => {
      if (++calls < 3) throw new Error("no luck");
    };
    const backoff = new StaticBackoff({ sleep: "1s" });
    start([around], { job: fails, repeat: "10s", retryJob: backoff });
    await clock.tickAsync("00:15");
    expect(seen).to.deep.equal(["0", "1", "2"]);
    void runner.stop();
    await clock.tickAsync("00:01");
    seen.length = calls = 0;
    const worker = ({ signal }: WorkerContext) => (++calls < 3 ? Promise.reject(new Error("no luck")) : stopped(signal));
    start([around], { worker, retry: backoff });
    await clock.tickAsync("00:15");
    expect(seen).to.deep.equal(["0", "1", "2"]);
  });

  it("runs the code in the async context that it sets", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const job = async ({ signal }: WorkerContext) => {
      await wait("1s", { signal });
      seen.push(storage.getStore());
    };
    start([({ name }, next) => storage.run(`request of ${name}`, next)], { job, repeat: "10s" });
    await clock.tickAsync("00:15");
    expect(seen).to.deep.equal(["request of job"]);
  });

  it("is within the stages of watchbill:run", async () => {
    const seen: string[] = [];
    const unsubscribe = observe("watchbill:run", { start: () => seen.push("start"), end: () => seen.push("end") });
    const around: Around = (_context, next) => {
      seen.push("around");
      return next();
    };
    start([around], { job: () => void seen.push("run"), repeat: "10s" });
    await clock.tickAsync("00:10");
    unsubscribe();
    expect(seen).to.deep.equal(["start", "around", "run", "end"]);
  });

  it("of a nested runner is within that of the runner around it", async () => {
    const seen: string[] = [];
    const log =
      (name: string): Around =>
      (context, next) => {
        seen.push(`${name} ${context.name}`);
        return next();
      };
    const inner = bootstrap([new DeclarativeWorker({ name: "hand", job() {}, repeat: "10s" })], {
      logger: silent,
      signals: [],
      around: [log("inner")],
    });
    start([log("outer")], { worker: inner });
    await clock.tickAsync("00:10");
    expect(seen).to.deep.equal(["outer job/hand", "inner job/hand"]);
  });

  it("wraps what the code of a worker repeats itself", async () => {
    const seen: string[] = [];
    const worker = (context: WorkerContext) => repeat("10s", () => {}).run(context);
    const around: Around = ({ name }, next) => {
      seen.push(name);
      return next();
    };
    start([around], { worker });
    await clock.tickAsync("00:10");
    expect(seen).to.deep.equal(["job", "job"]);
  });

  it("passes the error of a run on, and the run fails with its own", async () => {
    const failure = new Error("no luck");
    const caught: unknown[] = [];
    const around: Around = async (_context, next) => {
      try {
        return await next();
      } catch (error) {
        caught.push(error);
        throw error;
      }
    };
    start([around], { job: () => Promise.reject(failure), repeat: "10s" });
    await clock.tickAsync("00:10");
    expect(caught).to.deep.equal([failure]);
    expect(running.outcome).to.have.nested.property("errors[0]", failure);
  });

  const misuses: [what: string, around: Around, job: () => unknown, message: RegExp][] = [
    ["does not call next", () => {}, () => {}, /around did not call next\(\) in a run of job: call it once/],
    ["does not call next, and returns a promise", async () => {}, () => {}, /around did not call next\(\) in a run of job/],
    ["calls next twice", (_, next) => [next(), next()], () => {}, /around called next\(\) more than once in a run of job/],
    [
      "calls next twice, and ignores the error",
      async (_, next) => {
        next();
        try {
          next();
        } catch {}
      },
      () => {},
      /around called next\(\) more than once in a run of job/,
    ],
    ["does not wait for next", (_, next) => void next(), () => wait("2s"), /around did not wait for next\(\) in a run of job/],
    [
      "throws before it calls next",
      () => {
        throw new Error("no span");
      },
      () => {},
      /no span/,
    ],
    ["rejects before it calls next", () => Promise.reject(new Error("no span")), () => {}, /no span/],
  ];
  for (const [what, around, job, message] of misuses) {
    it(`fails the run if a function ${what}`, async () => {
      start([around], { job, repeat: "10s" });
      await clock.tickAsync("00:20");
      expect(running.outcome).to.have.nested.property("errors[0].message").that.matches(message);
      expect(running.outcome).to.not.have.nested.property("errors[0].cause");
    });
  }

  it("never lets runs overlap, also if a function does not wait for next", async () => {
    let atOnce = 0;
    let most = 0;
    const job = async () => {
      most = Math.max(most, ++atOnce);
      await wait("25s");
      atOnce--;
      throw new Error("lost");
    };
    start([(_, next) => void next()], { job, repeat: "10s", retry: new StaticBackoff({ sleep: 0 }) });
    await clock.tickAsync("01:30");
    expect(most).to.equal(1);
    expect(runner.status()[0]?.lastErrorStack).to.match(/did not wait for next\(\).*caused by: Error: lost/s);
  });

  it("never lets runs overlap, also if a function throws after it has called next", async () => {
    let atOnce = 0;
    let most = 0;
    const job = async () => {
      most = Math.max(most, ++atOnce);
      await wait("25s");
      atOnce--;
    };
    const around: Around = (_, next) => {
      next();
      throw new Error("no span");
    };
    start([around], { job, repeat: "10s", retry: new StaticBackoff({ sleep: 0 }) });
    await clock.tickAsync("01:30");
    expect(most).to.equal(1);
    expect(runner.status()[0]?.lastError).to.equal("Error: no span");
  });

  it("does not run the code after a function has rejected, though that still calls next", async () => {
    const limit = () => wait("1s").then(() => Promise.reject(new Error("no lock in time")));
    const around: Around = (_, next) => Promise.race([limit(), wait("5s").then(next)]);
    let runs = 0;
    start([around], { job: () => void runs++, repeat: "10s" });
    await clock.tickAsync("00:30");
    expect(runs).to.equal(0);
    expect(running.outcome).to.have.nested.property("errors[0].message", "no lock in time");
  });

  const late = async (_: WorkerContext, next: () => unknown): Promise<void> => {
    next();
    throw new Error("no span");
  };
  const passing: Around = async (_, next) => await next();
  for (const [what, around, lost] of [
    ["logs the error of the code if a function has failed before it", late, new Error("lost")],
    ["does not log an error that the functions have seen", passing, new Error("lost")],
    ["logs no error of code that succeeds after a function has failed", late, undefined],
  ] as const) {
    it(what, async () => {
      const error = sinon.spy();
      const job = async () => {
        await wait("2s");
        if (lost !== undefined) throw lost;
      };
      const options = { name: "job", job, repeat: "10s", retry: new StaticBackoff({ sleep: "1h" }) } as const;
      const logger = { ...silent, error };
      runner = bootstrap([new DeclarativeWorker(options)], { logger, signals: [], around: [around] });
      running = watch(runner.run());
      await clock.tickAsync("00:15");
      const logged = [{ worker: "job", err: lost }, "failed after a function around it had failed"];
      expect(error.args).to.deep.equal(around === late && lost !== undefined ? [logged] : []);
    });
  }

  const lazy: [what: string, job: () => unknown][] = [
    ["an iterator", () => [1][Symbol.iterator]()],
    ["an iterator, by a promise", async () => [1][Symbol.iterator]()],
    ["an Observable", () => ({ subscribe() {}, pipe() {} })],
  ];
  for (const [what, job] of lazy) {
    it(`fails a run that returns ${what}, also if a function drops the result`, async () => {
      const around: Around = async (_, next) => {
        await next();
      };
      start([around], { job, repeat: "10s" });
      await clock.tickAsync("00:10");
      expect(running.outcome).to.have.nested.property("errors[0].name", "LazyResultError");
    });
  }

  it("refuses a call of next after the run", async () => {
    let late: (() => unknown) | undefined;
    const around: Around = (_context, next) => {
      late = next;
      return next();
    };
    let runs = 0;
    start([around], { job: () => void runs++, repeat: "10s" });
    await clock.tickAsync("00:10");
    expect(() => late?.()).to.throw("called next() after it had returned");
    expect(runs).to.equal(1);
  });

  it("is refused if it is not a list of functions", () => {
    runner = bootstrap([], { logger: silent, signals: [] });
    running = watch(Promise.resolve());
    const refused: [around: unknown, message: RegExp][] = [
      [
        () => {},
        /The option around: a function without a name is not a list of functions: pass \[\(context, next\) => next\(\)\]/,
      ],
      [["x"], /The option around: a string is not a function/],
      [[class Tracer {}], /The option around: the class Tracer is not a function/],
    ];
    for (const [around, message] of refused)
      expect(() => Reflect.apply(bootstrap, undefined, [[], { around }])).to.throw(message);
  });
});

describe("wrapRuns", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("wraps the runs of all runners, outside of their own functions, until it is removed", async () => {
    const seen: string[] = [];
    const log =
      (name: string): Around =>
      (context, next) => {
        seen.push(`${name} ${context.name}`);
        return next();
      };
    const runnerOf = (name: string): Runner =>
      bootstrap([new DeclarativeWorker({ name, job: () => {}, repeat: "10s" })], {
        logger: silent,
        signals: [],
        around: [log("own")],
      });
    const runners = [runnerOf("one"), runnerOf("two")];
    const runs = runners.map((runner) => runner.run());
    const outer = log("outer");
    const remove = [wrapRuns(outer), wrapRuns(outer), wrapRuns(log("inner"))];
    await clock.tickAsync("00:10");
    expect(seen).to.deep.equal(
      ["one", "two"].flatMap((name) => ["outer", "outer", "inner", "own"].map((around) => `${around} ${name}`)),
    );
    remove[0]?.();
    remove[0]?.();
    remove[2]?.();
    seen.length = 0;
    await clock.tickAsync("00:10");
    expect(seen).to.deep.equal(["outer one", "own one", "outer two", "own two"]);
    remove[1]?.();
    seen.length = 0;
    await clock.tickAsync("00:10");
    expect(seen).to.deep.equal(["own one", "own two"]);
    await Promise.all([...runners.map((runner) => runner.stop()), ...runs]);
  });

  it("wraps what runs without a runner, and what the code of a worker runs", async () => {
    const names: string[] = [];
    const remove = wrapRuns(({ name }, next) => {
      names.push(name);
      return next();
    });
    await runAllJobs([(context) => runAllJobs([() => {}, () => {}], context)]);
    expect(names).to.deep.equal(["job 1", "job 1", "job 1/job 2"]);
    remove();
  });

  it("refuses what is not a function", () => {
    for (const around of [undefined, null, "text", class {}, {}]) {
      expect(() => wrapRuns(around as never))
        .to.throw(InvalidArgumentError)
        .with.property("message")
        .that.matches(/^wrapRuns was called with .*: pass a function, for example \(context, next\) => next\(\)$/);
    }
  });
});
