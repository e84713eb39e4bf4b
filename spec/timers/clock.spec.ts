import { execFile } from "node:child_process";
import { mock } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type Runner,
  runAllJobs,
  stopped,
  type Worker,
  type WorkerContext,
  type WorkerFunc,
} from "watchbill";
import { installedClock } from "../../lib/timers/clock.js";

const run = promisify(execFile);
const fixture = fileURLToPath(new URL("fake-timers-first.fixture.ts", import.meta.url));

const partial = {
  "all of it": undefined,
  "only setTimeout": ["setTimeout", "clearTimeout"],
  "all but performance": ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "Date"],
  "all but Date": ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "performance", "hrtime"],
} as const;

describe("An interval under fake timers", () => {
  afterEach(() => sinon.restore());

  async function runsInAMinute(clock: { tickAsync(ms: number): Promise<unknown> }): Promise<number> {
    let runs = 0;
    const runner = bootstrap([new DeclarativeWorker({ name: "x", job: () => runs++, repeat: "1s" })], {
      signals: [],
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const running = runner.run();
    await clock.tickAsync(60_000);
    const runsUpToNow = runs;
    void runner.stop();
    await clock.tickAsync(1);
    await running;
    return runsUpToNow;
  }

  for (const [what, toFake] of Object.entries(partial)) {
    it(`uses them if they fake ${what}`, async () => {
      const clock = sinon.useFakeTimers(
        toFake === undefined ? { toNotFake: ["nextTick", "queueMicrotask"] } : { toFake: [...toFake] },
      );
      try {
        expect(await runsInAMinute(clock)).to.equal(60);
      } finally {
        clock.restore();
      }
    });

    it(`uses them if they fake ${what} and were installed before the library was loaded`, async () => {
      const { stdout } = await run(process.execPath, ["--import", "tsx", fixture, JSON.stringify({ faked: toFake })]);
      expect(stdout).to.equal("60");
    }).timeout(30_000);
  }

  it("cannot use those of node:test that leave Date real, and the clock explains why", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      expect(installedClock().problem).to.equal(
        "setTimeout has been replaced, but neither Date nor performance: if these are fake timers, no worker runs; fake Date too",
      );
    } finally {
      mock.timers.reset();
    }
  });

  describe("of another kind, which tell nothing of themselves", () => {
    const { Date: originalDate, performance: originalPerformance, setTimeout: originalTimeout } = globalThis;
    const originalNow: typeof originalPerformance.now = Reflect.get(originalPerformance, "now");
    const fakeTimeout = (): number => 1;

    /** Replaces a global, which the library sees as other fake timers or another runtime. */
    function replace(name: string, value: unknown): void {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }

    afterEach(() => {
      replace("Date", originalDate);
      replace("performance", originalPerformance);
      replace("setTimeout", originalTimeout);
      originalPerformance.now = originalNow;
      Reflect.deleteProperty(globalThis, "Deno");
    });

    it("have the time of their Date, or else of their performance", () => {
      replace("setTimeout", fakeTimeout);
      replace("performance", { now: () => 42 });
      expect(installedClock().now()).to.equal(42);
      expect(installedClock().problem).to.equal(undefined);
      replace("performance", originalPerformance);
      originalPerformance.now = () => 43;
      expect(installedClock().now()).to.equal(43);
      replace("Date", { now: () => 44 });
      expect(installedClock().now()).to.equal(44);
      expect(installedClock().problem).to.equal(undefined);
    });

    it("have the time of their performance if they have a clock that does not say what it fakes", () => {
      replace(
        "setTimeout",
        Object.assign(() => 1, { clock: { now: 5 } }),
      );
      expect(installedClock().now()).to.equal(5);
      replace("performance", { now: () => 42 });
      expect(installedClock().now()).to.equal(42);
      replace("performance", originalPerformance);
      originalPerformance.now = () => 43;
      expect(installedClock().now()).to.equal(43);
    });

    it("have the time of their clock if they say that they do not fake performance", () => {
      replace(
        "setTimeout",
        Object.assign(() => 1, { clock: { now: 5, methods: ["setTimeout"] } }),
      );
      replace("performance", { now: () => 42 });
      expect(installedClock().now()).to.equal(5);
    });

    it("are recognised on Deno, whose timers are numbers, by another setTimeout", () => {
      replace("Deno", {});
      replace("Date", { now: () => 44 });
      expect(installedClock().now()).to.be.closeTo(originalPerformance.now(), 1_000);
      replace("setTimeout", (callback: () => void, delay: number) => originalTimeout(callback, delay));
      expect(installedClock().now()).to.equal(44);
    });

    it("leave the monotonic clock if neither Date nor performance is theirs", () => {
      replace("setTimeout", fakeTimeout);
      expect(installedClock().problem).to.be.a("string");
      expect(installedClock().now()).to.be.closeTo(originalPerformance.now(), 1_000);
    });
  });

  describe("that cannot work", () => {
    const problem =
      "setTimeout has been replaced, but neither Date nor performance: if these are fake timers, no worker runs; fake Date too";
    let errors: unknown[][];
    const loggerOf = (log: string) => ({
      debug() {},
      info() {},
      warn() {},
      error: (...args: unknown[]) => errors.push([log, ...args]),
    });
    const named = (name: string, worker: Worker | WorkerFunc) => new DeclarativeWorker({ name, worker });
    const untilStopped = ({ signal }: WorkerContext) => stopped(signal);
    const stop = async (runner: Runner) => {
      const running = runner.run();
      await runner.stop();
      await running;
    };

    beforeEach(() => {
      errors = [];
      mock.timers.enable({ apis: ["setTimeout"] });
    });
    afterEach(() => mock.timers.reset());

    it("are reported once by every runner, to its own log", async () => {
      const first = bootstrap([named("x", untilStopped)], { logger: loggerOf("first"), signals: [] });
      const second = bootstrap([named("x", untilStopped)], { logger: loggerOf("second"), signals: [] });
      for (const runner of [first, second, first]) await stop(runner);
      expect(errors).to.deep.equal([
        ["first", {}, problem],
        ["second", {}, problem],
      ]);
    });

    it("are reported to the log of the runner, also if run() was called with another", async () => {
      const runner = bootstrap([named("x", untilStopped)], { logger: loggerOf("the runner's"), signals: [] });
      const running = runner.run({ logger: loggerOf("the caller's") });
      await runner.stop();
      await running;
      expect(errors).to.deep.equal([["the runner's", {}, problem]]);
    });

    it("are reported by a runner within another, under its name", async () => {
      const inner = bootstrap([named("y", untilStopped)], { logger: loggerOf("inner") });
      await stop(bootstrap([named("imports", inner)], { logger: loggerOf("outer"), signals: [] }));
      expect(errors).to.deep.equal([
        ["outer", {}, problem],
        ["inner", { worker: "imports" }, problem],
      ]);
    });

    it("are reported once to each log with which chain elements are run directly", async () => {
      const logger = loggerOf("x");
      const jobs = [() => {}];
      for (let i = 0; i < 3; i++) await runAllJobs(jobs, { logger });
      await runAllJobs(jobs, { logger: loggerOf("y") });
      expect(errors).to.deep.equal([
        ["x", {}, problem],
        ["y", {}, problem],
      ]);
    });
  });
});

describe("An interval under a wrapped setTimeout, as by zone.js and APM agents", () => {
  const { setTimeout } = globalThis;

  afterEach(() => {
    globalThis.setTimeout = setTimeout;
    sinon.restore();
  });

  it("uses the monotonic clock, even when the wall clock is set back", async () => {
    globalThis.setTimeout = Object.assign((...args: Parameters<typeof setTimeout>) => setTimeout(...args), setTimeout);
    let runs = 0;
    let onRun = (): void => {};
    const job = (): void => {
      runs++;
      onRun();
    };
    const runner = bootstrap([new DeclarativeWorker({ name: "x", job, repeat: 5 })], {
      signals: [],
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const running = runner.run();
    const now = Date.now;
    sinon.stub(Date, "now").callsFake(() => now() - 3_600_000);
    await new Promise<void>((resolve) => {
      onRun = () => runs >= 3 && resolve();
    });
    await runner.stop();
    await running;
    expect(installedClock().problem).to.equal(undefined);
  });
});
