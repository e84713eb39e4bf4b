import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  Named,
  observe,
  Repeat,
  Retry,
  type Runner,
  type RunnerOptions,
  StaticBackoff,
  stopped,
  UnknownWorkerError,
  Worker,
  type WorkerContext,
  WorkerNotRunningError,
  wait,
} from "watchbill";
import { recorder, watch } from "./commands.fixture.js";

const backoff = new StaticBackoff({ sleep: "1s" });
const names = ["feed/github/commits", "feed/github/listen", "feed/job"];

/** Restarted as a whole, when its worker fails. */
@Named("github")
@Retry(backoff)
class Github {
  fails = false;

  @Repeat("10s")
  async commits({ signal }: WorkerContext) {
    await wait(100, { signal });
    if (this.fails) throw new Error("down");
  }

  @Worker
  async listen({ signal }: WorkerContext) {
    await stopped(signal);
  }
}

describe("The worker of a runner within a runner", () => {
  let clock: sinon.SinonFakeTimers;
  let unsubscribe: (() => void)[];
  let seen: Set<string>;
  let lines: unknown[];
  let options: RunnerOptions;
  let github: Github;
  let inner: Runner;
  let outer: Runner;
  let run: { outcome: unknown };

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    const record = recorder();
    lines = record.lines;
    options = { logger: record.logger, signals: [], shutdownTimeout: "1s" };
    seen = new Set();
    const channels = ["start", "exit", "restart", "retry", "timeout", "missed", "health", "hung", "command"] as const;
    unsubscribe = channels.map((channel) => observe(`watchbill:${channel}`, ({ worker }) => seen.add(`${channel} ${worker}`)));
    unsubscribe.push(observe("watchbill:run", { start: ({ worker }) => seen.add(`run ${worker}`) }));
    github = new Github();
    const calls = { count: 0 };
    const job = async () => {
      // The second call outlasts its timeout.
      if (++calls.count === 2) await wait("7s");
      if (calls.count === 1) throw new Error("HTTP 503");
    };
    const declared = new DeclarativeWorker({ name: "job", job, repeat: "10s", timeout: "5s", retryJob: backoff, retry: backoff });
    inner = bootstrap([github, declared], options);
    outer = bootstrap([new DeclarativeWorker({ name: "feed", worker: inner })], options);
  });

  afterEach(async () => {
    for (const end of unsubscribe) end();
    void outer.stop();
    await clock.tickAsync("01:00");
    clock.restore();
  });

  async function start(): Promise<void> {
    run = watch(outer.run());
    await clock.tickAsync(0);
  }

  const rowNames = (): string[] => inner.status().map(({ name }) => name);

  it("has its full name on every channel", async () => {
    await start();
    // Outlasts the time of its next run, and the stop.
    inner.add(new DeclarativeWorker({ name: "late", job: () => wait("25s"), repeat: "10s" }));
    await inner.pause("github/listen");
    inner.resume("github/listen");
    await inner.restart("job");
    await clock.tickAsync("00:40");
    github.fails = true;
    await clock.tickAsync("00:20");
    void inner.trigger("job");
    await clock.tickAsync("00:01");
    void inner.remove("job");
    void outer.stop();
    await clock.tickAsync("00:30");
    const partsOf = (part: number) => [...new Set([...seen].map((line) => line.split(" ")[part]))];
    const kinds = ["command", "exit", "health", "hung", "missed", "restart", "retry", "run", "start", "timeout"];
    expect(partsOf(0)).to.have.members(kinds);
    expect(partsOf(1)).to.have.members(["feed", "feed/github", ...names, "feed/late"]);
    expect([...seen]).to.include.members(["command feed/job", "command feed/github/listen", "command feed/late"]);
  });

  it("has its full name in the log, also of its commands", async () => {
    await start();
    lines.length = 0;
    await inner.pause("github/listen", { by: "alice" });
    inner.add(new DeclarativeWorker({ name: "late", job() {}, repeat: "1m" }), { by: "bob" });
    await inner.remove("late", { by: "bob" });
    expect(lines).to.deep.equal([
      ["paused by alice", "feed/github/listen"],
      ["added by bob", "feed/late"],
      ["removed by bob", "feed/late"],
    ]);
  });

  it("has its full name in its row, from the first start of its runner there", async () => {
    expect(rowNames()).to.deep.equal(["github/commits", "github/listen", "job"]);
    await start();
    expect(rowNames()).to.deep.equal(names);
    expect(inner.status().map(({ runner, group }) => [runner, group])).to.deep.equal([
      ["feed", "github"],
      ["feed", "github"],
      ["feed", null],
    ]);
    await outer.stop();
    expect(rowNames()).to.deep.equal(names);
    expect(outer.status().map(({ name }) => name)).to.deep.equal(["feed"]);
  });

  it("has its own name again if its runner is run alone", async () => {
    await start();
    await outer.stop();
    await clock.tickAsync("00:30");
    const alone = watch(inner.run());
    await clock.tickAsync(0);
    expect(rowNames()).to.deep.equal(["github/commits", "github/listen", "job"]);
    void inner.stop();
    await clock.tickAsync("00:30");
    expect([run.outcome, alone.outcome]).to.deep.equal(["resolved", "resolved"]);
  });

  it("is found under both of its names by commands and the status", async () => {
    await start();
    expect(inner.status(["feed/job", "job", "feed/feed/job", "/job"]).map(({ name }) => name)).to.deep.equal([
      "feed/job",
      "feed/job",
    ]);
    for (const name of ["github/listen", "feed/github/listen"]) {
      await inner.pause(name);
      expect(inner.status([name])[0]?.phase).to.equal("paused");
      inner.resume(name);
      await inner.restart(name);
    }
    await inner.remove("feed/github/listen");
    expect(rowNames()).to.deep.equal(["feed/github/commits", "feed/job"]);
    const unknown = watch(inner.pause("feed/jobs"));
    await clock.tickAsync(0);
    expect(unknown.outcome).to.be.instanceOf(UnknownWorkerError);
  });

  it("has its full name in the errors of its commands", async () => {
    await start();
    await outer.stop();
    const refused = watch(inner.pause("job"));
    await clock.tickAsync(0);
    expect(refused.outcome).to.be.instanceOf(WorkerNotRunningError);
    expect(refused.outcome).to.have.property("message", "feed/job cannot be paused: the runner has stopped");
  });

  it("has the names of all runners around it in front, the outermost first", async () => {
    const outermost = bootstrap([new DeclarativeWorker({ name: "shop", worker: outer })], options);
    run = watch(outermost.run());
    await clock.tickAsync(0);
    expect(rowNames()).to.deep.equal(names.map((name) => `shop/${name}`));
    expect(outer.status().map(({ name }) => name)).to.deep.equal(["shop/feed"]);
    await inner.pause("shop/feed/job");
    expect([...seen]).to.include("command shop/feed/job");
    void outermost.stop();
    await clock.tickAsync("00:30");
    expect(run.outcome).to.equal("resolved");
  });
});
