import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  Named,
  observe,
  Retry,
  type RunEvent,
  type Runner,
  repeat,
  StaticBackoff,
  stopped,
  timeout,
  type WorkerContext,
  wait,
} from "watchbill";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "5s" });
const failure = new Error("HTTP 503");

describe("The events of a run", () => {
  const epoch = Date.UTC(2026, 10, 24);
  let clock: sinon.SinonFakeTimers;
  let runner: Runner;
  let running: Promise<unknown>;
  let unsubscribe: () => void;
  let seen: string[];
  let events: RunEvent[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: epoch, toNotFake: ["nextTick", "queueMicrotask"] });
    seen = [];
    events = [];
    unsubscribe = observe("watchbill:run", {
      start: ({ worker, cause, due }) => seen.push(`${worker} ${cause} ${(due - epoch) / 1_000}`),
      end: (event) => events.push({ ...event }),
    });
  });

  afterEach(async () => {
    void runner.stop();
    await clock.tickAsync("01:00");
    await running;
    unsubscribe();
    clock.restore();
  });

  function start(...workers: DeclarativeWorkerOptions[]): void {
    runner = bootstrap(
      workers.map((options, index) => new DeclarativeWorker({ name: "abc"[index] ?? "", ...options })),
      { logger, signals: [] },
    );
    running = runner.run().catch(() => {});
  }

  it("have the cause schedule and the point of the grid", async () => {
    start({ job() {}, repeat: "10s" });
    await clock.tickAsync("00:25");
    expect(seen).to.deep.equal(["a schedule 10", "a schedule 20"]);
  });

  /** Lets runs start at other parts of a ms than those at which the wall clock changes. */
  async function startBetweenMs(options: DeclarativeWorkerOptions, turns: number): Promise<void> {
    clock.tick(0.4);
    Date.now = () => Math.floor(epoch + performance.now() + 0.7);
    start(options);
    for (let turn = 0; turn < turns; turn++) {
      await clock.tickAsync(5_000.3);
      void runner.trigger("a");
    }
  }

  it("are due at the same ms of every interval, whatever part of a ms has passed when the run starts", async () => {
    await startBetweenMs({ job() {}, repeat: "10s" }, 20);
    const dues = seen.filter((line) => line.includes("schedule")).map((line) => Number(line.split(" ")[2]));
    expect(dues).to.deep.equal(Array.from({ length: 10 }, (_, index) => 10 * (index + 1)));
  });

  it("are due at the very time of a schedule", async () => {
    const schedule = { next: (after: Date) => new Date((Math.floor(after.getTime() / 10_000) + 1) * 10_000) };
    await startBetweenMs({ job() {}, repeat: schedule }, 8);
    const dues = seen.filter((line) => line.includes("schedule")).map((line) => Number(line.split(" ")[2]));
    expect(dues).to.deep.equal([10, 20, 30, 40]);
  });

  it("have the cause start for a continuous worker and for a run at the start", async () => {
    start({ worker: ({ signal }) => stopped(signal) }, { job() {}, repeat: { interval: "10s", startImmediately: true } });
    await clock.tickAsync("00:15");
    expect(seen).to.deep.equal(["a start 0", "b start 0", "b schedule 10"]);
  });

  it("have the cause command and the time of the request for a run that was triggered", async () => {
    start({ job: ({ signal }: WorkerContext) => wait("3s", { signal }), repeat: "10s" });
    await clock.tickAsync("00:02");
    const first = runner.trigger("a");
    await clock.tickAsync("00:01");
    // The second waits for the first.
    const second = runner.trigger("a");
    await clock.tickAsync("00:06");
    await Promise.all([first, second]);
    expect(seen).to.deep.equal(["a command 2", "a command 3"]);
    expect(events.map(({ lateness, duration }) => [lateness, duration])).to.deep.equal([
      [0, 3_000],
      // A turn of the event loop takes 1 ms under fake timers.
      [2_001, 3_000],
    ]);
  });

  it("have the cause retry and the end of the backoff for further attempts of a run", async () => {
    let calls = 0;
    const job = () => {
      if (++calls < 3) throw failure;
    };
    start({ job, repeat: "1m", retryJob: backoff });
    await clock.tickAsync("01:30");
    expect(seen).to.deep.equal(["a schedule 60", "a retry 65", "a retry 70"]);
    expect(events.map(({ lateness }) => lateness)).to.deep.equal([0, 0, 0]);
  });

  it("have the cause retry, and the time of the command, for an attempt that a command has not let wait", async () => {
    let calls = 0;
    const job = () => {
      if (++calls === 1) throw failure;
    };
    start({ job, repeat: "1m", retryJob: new StaticBackoff({ sleep: "30s" }) });
    await clock.tickAsync("01:10");
    void runner.trigger("a");
    await clock.tickAsync("00:01");
    expect(seen.slice(0, 2)).to.deep.equal(["a schedule 60", "a retry 70"]);
  });

  it("have the cause command for a run that was triggered during a backoff, also if the worker starts with a run", async () => {
    let calls = 0;
    const job = () => {
      if (++calls === 1) throw failure;
    };
    start({ job, repeat: { interval: "1m", startImmediately: true }, retry: new StaticBackoff({ sleep: "30s" }) });
    await clock.tickAsync("00:10");
    const triggered = runner.trigger("a");
    await clock.tickAsync("00:01");
    await triggered;
    expect(seen).to.deep.equal(["a start 0", "a command 10"]);
  });

  it("have the cause retry after a restart of a continuous worker, also after a normal return", async () => {
    let calls = 0;
    const worker = ({ signal }: WorkerContext) => {
      calls++;
      if (calls === 1) throw failure;
      return calls === 2 ? undefined : stopped(signal);
    };
    start({ worker, retry: backoff });
    await clock.tickAsync("00:20");
    expect(seen).to.deep.equal(["a start 0", "a retry 5", "a retry 5.001"]);
  });

  it("have the cause schedule after a restart of a repeated worker, and retry if that starts with a run", async () => {
    let calls = 0;
    const job = () => {
      if (++calls <= 2) throw failure;
    };
    start({ job, repeat: "10s", retry: backoff }, { job, repeat: { interval: "10s", startImmediately: true }, retry: backoff });
    await clock.tickAsync("00:30");
    expect(seen).to.deep.equal([
      ...["b start 0", "b retry 5"],
      ...["a schedule 10", "b retry 10", "a schedule 20", "b schedule 20", "a schedule 30", "b schedule 30"],
    ]);
  });

  it("have the cause retry for the workers of a class that is restarted", async () => {
    let calls = 0;
    @Named("Feed")
    @Retry(backoff)
    class Feed {
      workers() {
        const fails = async ({ signal }: WorkerContext) => {
          await wait("1s", { signal });
          if (++calls === 1) throw failure;
          await stopped(signal);
        };
        return [
          new DeclarativeWorker({ name: "a", worker: fails }),
          new DeclarativeWorker({ name: "b", worker: ({ signal }) => stopped(signal) }),
        ];
      }
    }
    runner = bootstrap([Feed], { logger, signals: [] });
    running = runner.run().catch(() => {});
    await clock.tickAsync("00:10");
    expect(seen).to.deep.equal(["Feed/a start 0", "Feed/b start 0", "Feed/a retry 6", "Feed/b retry 6"]);
  });

  it("have the cause command after a restart or a resume, and start for a worker that was added", async () => {
    const worker = ({ signal }: WorkerContext) => stopped(signal);
    start({ worker });
    await clock.tickAsync("00:01");
    await runner.restart("a");
    await clock.tickAsync("00:01");
    await runner.pause("a");
    await clock.tickAsync("00:01");
    runner.resume("a");
    await clock.tickAsync("00:01");
    runner.add(new DeclarativeWorker({ name: "added", worker }));
    await clock.tickAsync("00:01");
    expect(seen).to.deep.equal(["a start 0", "a command 1", "a command 3", "added start 4"]);
  });

  it("have the cause start for what the code of a worker runs itself", async () => {
    const worker = async (context: WorkerContext) => {
      await wait("1s", context);
      await timeout(() => {}, "5s").runOnce(context);
      await repeat("2s", () => {}).run(context);
    };
    start({ worker });
    await clock.tickAsync("00:04");
    expect(seen).to.deep.equal(["a start 0", "a start 1", "a schedule 3"]);
  });

  it("tell how late a run was that others have held up, from when the first of the missed runs was due", async () => {
    let calls = 0;
    start({
      job: ({ signal }: WorkerContext) => (++calls === 1 ? wait("25s", { signal }) : undefined),
      repeat: "10s",
    });
    await clock.tickAsync("00:45");
    expect(seen).to.deep.equal(["a schedule 10", "a schedule 20", "a schedule 40"]);
    expect(events.map(({ lateness, duration }) => [lateness, duration])).to.deep.equal([
      [0, 25_000],
      [15_001, 0],
      [0, 0],
    ]);
  });

  it("tell the duration of a run that fails, synchronous or not", async () => {
    const fails = async ({ signal }: WorkerContext) => {
      await wait("4s", { signal });
      throw failure;
    };
    start({ job: fails, repeat: "10s", retry: backoff }, { job: () => clock.jump(2_000), repeat: "10s" });
    await clock.tickAsync("00:17");
    expect(events.map(({ worker, outcome, duration }) => `${worker} ${outcome} ${duration}`)).to.deep.equal([
      "b done 2000",
      "a failed 4000",
    ]);
  });
});
