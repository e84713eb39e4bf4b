import { AsyncLocalStorage } from "node:async_hooks";
import { channel, tracingChannel } from "node:diagnostics_channel";
import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  DoNotRestart,
  observe,
  type RunEvent,
  StaticBackoff,
  stopped,
  TimeoutError,
  type WatchbillEvents,
  type WorkerContext,
  wait,
} from "watchbill";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "5s" });
const failure = new Error("HTTP 503");

describe("observe", () => {
  let clock: sinon.SinonFakeTimers;
  let cleanups: (() => void)[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    cleanups = [];
  });

  afterEach(() => {
    for (const cleanup of cleanups) cleanup();
    clock.restore();
  });

  function eventsOf<Name extends keyof WatchbillEvents>(name: Name): WatchbillEvents[Name][] {
    const events: WatchbillEvents[Name][] = [];
    cleanups.push(observe(name, (event) => events.push(event)));
    return events;
  }

  /** Collects the stages of all runs, with the outcome at each stage. */
  function traces(): string[] {
    const seen: string[] = [];
    const at =
      (stage: string) =>
      ({ worker, attempt, outcome, error }: RunEvent): void => {
        seen.push([worker, attempt, stage, outcome, error?.message].filter((part) => part !== undefined).join(" "));
      };
    cleanups.push(
      observe("watchbill:run", {
        start: at("start"),
        end: at("end"),
        error: at("error"),
      }),
    );
    return seen;
  }

  async function runFor(time: string, options: DeclarativeWorkerOptions) {
    const runner = bootstrap([new DeclarativeWorker({ name: "x", ...options })], { logger, shutdownTimeout: "1s" });
    const running = runner.run().catch(() => {});
    await clock.tickAsync(time);
    void runner.stop();
    await clock.tickAsync("01");
    await running;
  }

  for (const [kind, result] of [
    ["an asynchronous", async () => {}],
    ["a synchronous", () => {}],
  ] as const) {
    it(`publishes start, error and end of ${kind} run once each`, async () => {
      const seen = traces();
      let runs = 0;
      const job = () => {
        if (++runs === 2) throw failure;
        return result();
      };
      await runFor("25", { job, repeat: "10s", retry: backoff });
      expect(seen).to.deep.equal([
        "x 0 start",
        "x 0 end done",
        "x 0 start",
        "x 0 error failed HTTP 503",
        "x 0 end failed HTTP 503",
      ]);
    });

    it(`calls asyncEnd at the end of ${kind} run`, async () => {
      const ends: unknown[] = [];
      cleanups.push(observe("watchbill:run", { asyncEnd: ({ outcome }) => ends.push(outcome) }));
      await runFor("15", { job: result, repeat: "10s" });
      expect(ends).to.deep.equal(["done"]);
    });
  }

  it("does not publish an error of a run that is stopped or completed", async () => {
    const seen = traces();
    await runFor("1", { worker: ({ signal }: WorkerContext) => wait("1h", { signal }) });
    await runFor("1", { worker: () => Promise.reject(new DoNotRestart("migrated")) });
    expect(seen.filter((line) => line.includes("end"))).to.deep.equal(["x 0 end stopped", "x 0 end completed"]);
    expect(seen.filter((line) => line.includes("error"))).to.deep.equal([]);
  });

  it("publishes a failure of a run that stops at its timeout", async () => {
    const seen = traces();
    const timeouts = eventsOf("watchbill:timeout");
    await runFor("15", { job: ({ signal }) => stopped(signal), repeat: "10s", timeout: "2s", retry: backoff });
    expect(seen.at(-1)).to.match(/^x 0 end failed A run of x took longer than 2s/);
    expect(timeouts).to.have.length(1);
    expect(timeouts[0]).to.have.property("worker", "x");
    expect(timeouts[0]?.error).to.be.instanceOf(TimeoutError);
  });

  it("publishes each attempt of retryJob as a run, and each retry in advance", async () => {
    const seen = traces();
    const retries = eventsOf("watchbill:retry");
    const restarts = eventsOf("watchbill:restart");
    let runs = 0;
    const job = () => {
      if (++runs < 3) throw failure;
    };
    await runFor("01:15", { job, repeat: "1m", retryJob: backoff });
    expect(seen.filter((line) => line.includes("end"))).to.deep.equal([
      "x 0 end failed HTTP 503",
      "x 1 end failed HTTP 503",
      "x 2 end done",
    ]);
    expect(retries).to.deep.equal([
      { worker: "x", attempt: 1, delay: 5_000, error: failure },
      { worker: "x", attempt: 2, delay: 5_000, error: failure },
    ]);
    expect(restarts).to.deep.equal([]);
  });

  for (const [kind, result, stages] of [
    ["an asynchronous", () => wait("1s"), ["start 10", "end 10", "asyncStart 11", "asyncEnd 11"]],
    ["a synchronous", () => {}, ["start 10", "end 10"]],
  ] as const) {
    it(`publishes the stages of ${kind} run as a tracing channel of Node does`, async () => {
      const seen: string[] = [];
      const at = (stage: string) => () => void seen.push(`${stage} ${Date.now() / 1_000}`);
      const handlers = {
        start: at("start"),
        end: at("end"),
        asyncStart: at("asyncStart"),
        asyncEnd: at("asyncEnd"),
        error: at("error"),
      };
      const traced = tracingChannel("watchbill:run");
      traced.subscribe(handlers);
      cleanups.push(() => traced.unsubscribe(handlers));
      await runFor("15", { job: result, repeat: "10s" });
      expect(seen).to.deep.equal(stages);
    });
  }

  it("propagates a store that is bound to start to the whole run", async () => {
    const storage = new AsyncLocalStorage<RunEvent>();
    const { start } = tracingChannel<unknown, RunEvent>("watchbill:run");
    start.bindStore(storage);
    cleanups.push(() => start.unbindStore(storage));
    const found: (string | undefined)[] = [];
    const job = async () => {
      await wait("1s");
      found.push(storage.getStore()?.worker);
    };
    await runFor("15", { job, repeat: "10s" });
    expect(found).to.deep.equal(["x"]);
    expect(storage.getStore()).to.equal(undefined);
  });

  it("publishes attempt, delay and failure of a restart, and no failure after a normal return", async () => {
    const restarts = eventsOf("watchbill:restart");
    let starts = 0;
    const worker = () => {
      if (++starts === 1) throw failure;
      return starts === 2 ? wait("1s") : wait("1h");
    };
    await runFor("10", { worker, retry: backoff });
    expect(restarts).to.deep.equal([
      { worker: "x", attempt: 1, delay: 5_000, error: failure },
      { worker: "x", attempt: 0, delay: 0, error: undefined },
    ]);
  });

  it("publishes changes of the health only", async () => {
    const changes = eventsOf("watchbill:health");
    let runs = 0;
    const job = () => {
      if (++runs === 3) throw failure;
    };
    await runFor("01:00", { job, repeat: "10s", retry: backoff });
    expect(changes).to.deep.equal([
      { worker: "x", health: "ok", previous: "init", error: undefined },
      { worker: "x", health: "firing", previous: "ok", error: failure },
      { worker: "x", health: "ok", previous: "firing", error: undefined },
    ]);
  });

  it("publishes starts, exits, stops and hung workers with their reasons", async () => {
    const starts = eventsOf("watchbill:start");
    const exits = eventsOf("watchbill:exit");
    const stops = eventsOf("watchbill:stop");
    const hung = eventsOf("watchbill:hung");
    await runFor("1", { worker: () => wait("2s") });
    expect(starts).to.deep.equal([{ worker: "x" }]);
    expect(stops).to.have.length(1);
    expect(stops[0])
      .to.deep.include({ supervisor: "" })
      .and.to.have.nested.property("reason.message", "The runner was asked to stop");
    expect(hung).to.deep.equal([{ worker: "x", phase: "running", hungFor: 1_000 }]);
    expect(exits).to.deep.equal([{ worker: "x", outcome: "stopped", error: undefined }]);
    await runFor("1", { worker: () => Promise.reject(failure) });
    expect(exits.at(-1)).to.deep.equal({ worker: "x", outcome: "failed", error: failure });
  });

  it("publishes commands", async () => {
    const commands = eventsOf("watchbill:command");
    const runner = bootstrap([new DeclarativeWorker({ name: "x", job() {}, repeat: "1m" })], { logger });
    const running = runner.run();
    const triggered = runner.trigger("x");
    await clock.tickAsync(1);
    await triggered;
    await runner.pause("x");
    runner.resume("x");
    await runner.restart("x");
    runner.add(new DeclarativeWorker({ name: "y", job() {}, repeat: "1m" }));
    await runner.remove("x");
    await runner.stop();
    await running;
    expect(commands.map(({ worker, command }) => `${command} ${worker}`)).to.deep.equal([
      "trigger x",
      "pause x",
      "resume x",
      "restart x",
      "add y",
      "remove x",
    ]);
  });

  it("accepts an observer of some of the stages", async () => {
    const ends: (string | undefined)[] = [];
    const unsubscribe = observe("watchbill:run", { end: ({ outcome }) => ends.push(outcome) });
    await runFor("15", { job() {}, repeat: "10s" });
    unsubscribe();
    await runFor("15", { job() {}, repeat: "10s" });
    expect(ends).to.deep.equal(["done"]);
    expect(tracingChannel("watchbill:run").hasSubscribers).to.equal(false);
  });

  it("stops calling the listener after it is unsubscribed", async () => {
    const events: object[] = [];
    const unsubscribe = observe("watchbill:start", (event) => events.push(event));
    unsubscribe();
    await runFor("1", { worker: ({ signal }) => stopped(signal) });
    expect(events).to.deep.equal([]);
    expect(channel("watchbill:start").hasSubscribers).to.equal(false);
  });

  it("does not change the behaviour or the timing of a run", async () => {
    const times = async () => {
      const startTime = performance.now();
      const log: string[] = [];
      const job = ({ attempt }: WorkerContext) => {
        log.push(`${performance.now() - startTime} ${attempt}`);
        if (log.length % 3 === 0) throw failure;
      };
      await runFor("02:00", { job, repeat: "7s", retry: backoff });
      return log;
    };
    const unobserved = await times();
    expect(unobserved).to.have.length.above(10);
    for (const name of ["start", "exit", "restart", "health", "stop"] as const) eventsOf(`watchbill:${name}`);
    traces();
    expect(await times()).to.deep.equal(unobserved);
  });
});
