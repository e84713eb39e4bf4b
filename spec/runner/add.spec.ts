import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  BootstrapError,
  type BootstrapOptions,
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  Named,
  Repeat,
  Retry,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerConfigurer,
  type WorkerContext,
  WorkerNotRunningError,
  WorkersFailedError,
  wait,
} from "watchbill";
import { expectError, phases, Stubborn, silent, thrownBy, untilStopped, watch } from "./commands.fixture.js";

const named = (name: string, worker: (context: WorkerContext) => unknown = untilStopped) =>
  new DeclarativeWorker({ name, worker });

class Fetcher {
  runs = 0;

  @Repeat("1m")
  fetch() {
    this.runs++;
  }

  @Worker
  async listen({ signal }: WorkerContext) {
    await stopped(signal);
  }
}

class Regions implements WorkerConfigurer {
  workers() {
    return [named("eu"), named("us")];
  }
}

const runnerOf = (options: BootstrapOptions = {}) =>
  bootstrap([named("first")], { logger: silent, signal: new AbortController().signal, ...options });

describe("A source that is added to a runner", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  for (const [what, ending] of [
    ["fails", () => Promise.reject(new Error("no luck"))],
    [
      "throws",
      () => {
        throw new Error("no luck");
      },
    ],
    [
      "completes",
      () => {
        throw new DoNotRestart("all done");
      },
    ],
  ] as const) {
    it(`is added completely if its first worker ${what} immediately, after the last other worker was removed`, async () => {
      let runs = 0;
      class Two {
        @Worker
        first(): unknown {
          return ending();
        }

        @Repeat("10ms")
        second() {
          runs++;
        }
      }
      const runner = runnerOf();
      const run = watch(runner.run());
      await runner.remove("first");
      runner.add(Two);
      await clock.tickAsync(5);
      if (what === "completes") {
        expect([run.outcome, phases(runner)]).to.deep.equal(["pending", { "Two/first": "stopped", "Two/second": "waiting" }]);
        await runner.stop();
        expect(run.outcome).to.equal("resolved");
      } else {
        expectError(run.outcome, WorkersFailedError, "1 worker failed:\n  Two/first: Error: no luck");
      }
      expect(phases(runner)).to.deep.equal({ "Two/first": "stopped", "Two/second": "stopped" });
      await clock.tickAsync("01:00");
      expect(runs).to.equal(0);
      expect(clock.countTimers()).to.equal(0);
    });
  }

  for (const [what, source, names] of [
    ["a class", Fetcher, ["Fetcher/fetch", "Fetcher/listen"]],
    ["an instance", new Fetcher(), ["Fetcher/fetch", "Fetcher/listen"]],
    ["a DeclarativeWorker", named("github/events"), ["github/events"]],
    ["a configurer", Regions, ["Regions/eu", "Regions/us"]],
  ] as const) {
    it(`starts immediately if the runner runs, and stops with it: ${what}`, async () => {
      const runner = runnerOf();
      const run = watch(runner.run());
      await clock.tickAsync("00:10");
      expect(runner.add(source).map(({ name }) => name)).to.deep.equal(names);
      expect(runner.workers.map(({ name }) => name)).to.deep.equal(["first", ...names]);
      expect(Object.keys(phases(runner))).to.deep.equal(["first", ...names]);
      expect(Object.values(phases(runner))).not.to.include("stopped");
      await clock.tickAsync("01:00");
      await runner.stop();
      expect(run.outcome).to.equal("resolved");
      expect(new Set(Object.values(phases(runner)))).to.deep.equal(new Set(["stopped"]));
      expect(clock.countTimers()).to.equal(0);
    });
  }

  it("starts with the others if the runner does not run yet, and at the next run if it has stopped", async () => {
    const starts: string[] = [];
    const recorded = (name: string) =>
      named(name, (context) => {
        starts.push(name);
        return untilStopped(context);
      });
    const runner = runnerOf();
    runner.add(recorded("before"));
    expect(starts).to.deep.equal([]);
    for (const wanted of [["before"], ["before", "before", "after"]]) {
      const running = runner.run();
      expect(starts).to.deep.equal(wanted);
      await runner.stop();
      await running;
      if (runner.workers.length === 2) runner.add(recorded("after"));
    }
    expect(runner.workers.map(({ name }) => name)).to.deep.equal(["first", "before", "after"]);
  });

  it("restarts as a whole if its class has @Retry", async () => {
    const listener = new Stubborn();
    let streams = 0;
    @Named("github")
    @Retry(new StaticBackoff({ sleep: "30s" }))
    class Group {
      @Worker
      events() {
        return listener.run();
      }

      @Worker
      stream(context: WorkerContext) {
        streams++;
        return untilStopped(context);
      }
    }
    const runner = runnerOf();
    const run = watch(runner.run());
    runner.add(Group);
    listener.end(new Error("connection lost"));
    await clock.tickAsync("00:29");
    expect(phases(runner)).to.deep.equal({ first: "running", "github/events": "backoff", "github/stream": "backoff" });
    await clock.tickAsync("00:02");
    expect([streams, listener.starts, run.outcome]).to.deep.equal([2, 2, "pending"]);
    expect(runner.status()[0]).to.deep.include({ runs: 1 });
    const stopped = runner.stop();
    listener.end();
    await stopped;
  });

  it("is part of the runner: its failure stops all workers, its completion does not", async () => {
    const runner = runnerOf();
    const run = watch(runner.run());
    runner.add(named("done", () => Promise.reject(new DoNotRestart())));
    await clock.tickAsync(0);
    expect(run.outcome).to.equal("pending");
    const error = new Error("disk full");
    runner.add(named("writer", () => Promise.reject(error)));
    await clock.tickAsync(0);
    expectError(run.outcome, WorkersFailedError, "1 worker failed:\n  writer: Error: disk full");
    expect(run.outcome).to.have.property("cause", error);
  });

  it("extends the run until all workers have completed", async () => {
    const runner = bootstrap([named("short", () => Promise.reject(new DoNotRestart()))], { logger: silent });
    const run = watch(runner.run());
    runner.add(named("longer", () => wait("5s").then(() => Promise.reject(new DoNotRestart()))));
    await clock.tickAsync(4_999);
    expect(run.outcome).to.equal("pending");
    await clock.tickAsync(1);
    expect(run.outcome).to.equal("resolved");
  });

  class Broken {
    constructor() {
      throw new TypeError("no database");
    }

    @Worker
    listen() {}
  }

  class Confused {
    @Worker
    @Repeat("1m")
    both() {}

    @Repeat("soon" as never)
    never() {}
  }

  for (const [what, source, problems] of [
    [
      "has a name that is taken",
      named("first"),
      [
        'an existing worker and a DeclarativeWorker are both named "first": rename one of them, for example with @Named((self) => …)',
      ],
    ],
    ["cannot be made", Broken, ["Broken: TypeError: no database"]],
    [
      "makes no sense",
      Confused,
      [
        "Confused.both is both @Worker and @Repeat: keep @Worker if it runs until it is stopped, @Repeat if it is run again and again",
        `Confused.never: 'soon' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`,
      ],
    ],
    ["has no name", new DeclarativeWorker({ worker() {} }), ["A DeclarativeWorker has no name: pass one as its option name"]],
    ["is a function", untilStopped, ["untilStopped is a function: pass new DeclarativeWorker({ name, worker })"]],
    [
      "has no workers",
      {},
      ["an object without keys has no workers: decorate a method with @Worker or @Repeat, or add a method workers()"],
    ],
  ] as const) {
    it(`is rejected if it ${what}, before, during and after the run, without adding anything`, async () => {
      const runner = runnerOf();
      const refusal = () => thrownBy(() => runner.add(source));
      const errors = [refusal()];
      const run = watch(runner.run());
      errors.push(refusal());
      expect(run.outcome).to.equal("pending");
      await runner.stop();
      errors.push(refusal());
      const lines = problems.map((problem) => `\n  - ${problem}`).join("");
      const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
      for (const error of errors) {
        expectError(error, BootstrapError, `Nothing was started, because of ${count}:${lines}`);
        expect(error).to.have.deep.property("problems", problems);
      }
      expect(runner.workers.map(({ name }) => name)).to.deep.equal(["first"]);
      expect(run.outcome).to.equal("resolved");
    });
  }

  it("adds none of its workers if one of their names is taken", async () => {
    const runner = bootstrap([named("Regions/us")], { logger: silent });
    void runner.run();
    expect(thrownBy(() => runner.add(Regions)))
      .to.have.property("problems")
      .with.length(1);
    expect(phases(runner)).to.deep.equal({ "Regions/us": "running" });
    await runner.stop();
  });

  it("is filtered by only and except, and need not be named by only", async () => {
    const runner = bootstrap([named("first"), named("Regions/asia")], { logger: silent, only: "Regions/*", except: "*/us" });
    void runner.run();
    expect(runner.add(Regions).map(({ name }) => name)).to.deep.equal(["Regions/eu"]);
    expect(runner.add(named("other"))).to.deep.equal([]);
    expect(phases(runner)).to.deep.equal({ "Regions/asia": "running", "Regions/eu": "running" });
    await runner.stop();
  });

  it("is instantiated once by the option resolve", async () => {
    const fetcher = new Fetcher();
    let asked = 0;
    const runner = runnerOf({
      resolve() {
        asked++;
        return fetcher;
      },
    });
    void runner.run();
    for (let times = 0; times < 2; times++) {
      runner.add(Fetcher);
      await clock.tickAsync("01:00");
      for (const name of ["Fetcher/fetch", "Fetcher/listen"]) await runner.remove(name);
    }
    expect([asked, fetcher.runs]).to.deep.equal([1, 2]);
    await runner.stop();
  });

  it("is rejected while the runner stops, and can be added again after that", async () => {
    const slow = new Stubborn();
    const runner = bootstrap([named("slow", slow.run)], { logger: silent });
    const running = runner.run();
    const stopped = runner.stop();
    expectError(
      thrownBy(() => runner.add(Regions)),
      WorkerNotRunningError,
      "Regions/eu, Regions/us cannot be added: the runner is being stopped",
    );
    expect(runner.workers.map(({ name }) => name)).to.deep.equal(["slow"]);
    slow.end();
    await Promise.all([stopped, running]);
    expect(runner.add(Regions)).to.have.length(2);
    expect(phases(runner)).to.deep.equal({ slow: "stopped", "Regions/eu": "stopped", "Regions/us": "stopped" });
  });
});
