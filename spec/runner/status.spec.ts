import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  Named,
  Repeat,
  type RepeatDeclaration,
  Retry,
  RetryJob,
  StaticBackoff,
  stopped,
  Worker,
  type WorkerContext,
  wait,
} from "watchbill";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "30s" });

@Named("github")
class Fetcher {
  fails = false;

  @Repeat("1m")
  @Retry(backoff)
  async commits({ signal }: WorkerContext) {
    await wait("2s", { signal });
    if (this.fails) throw new TypeError("HTTP 503");
  }

  @Worker
  async events({ signal, reportHealth }: WorkerContext) {
    await wait("10s", { signal });
    reportHealth(new Error("no answer"));
    await wait("10s", { signal });
    reportHealth();
    await stopped(signal);
  }
}

const untouched = {
  group: "github",
  runner: "",
  health: "init",
  healthSince: null,
  phase: "stopped",
  pause: null,
  runs: 0,
  failures: 0,
  attempt: 0,
  missed: 0,
  lastStart: null,
  lastDuration: null,
  lastSuccess: null,
  lastError: null,
  lastErrorAt: null,
  lastErrorStack: null,
  nextDue: null,
};

describe("The status of a runner", () => {
  const epoch = Date.UTC(2026, 10, 24);
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: epoch, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("has a plain row for every worker, before, during and after the run", async () => {
    const fetcher = new Fetcher();
    const runner = bootstrap([fetcher], { logger: silent });
    expect(runner.status()).to.deep.equal([
      { name: "github/commits", ...untouched, schedule: "every 1m" },
      { name: "github/events", ...untouched, schedule: null },
    ]);

    const running = runner.run();
    expect(runner.status()).to.deep.equal([
      {
        name: "github/commits",
        ...untouched,
        schedule: "every 1m",
        healthSince: epoch,
        phase: "waiting",
        nextDue: epoch + 60_000,
      },
      {
        name: "github/events",
        ...untouched,
        schedule: null,
        healthSince: epoch,
        phase: "running",
        runs: 1,
        lastStart: epoch,
      },
    ]);

    await clock.tickAsync("00:15");
    expect(runner.status()[1]).to.deep.include({ health: "firing", lastError: "Error: no answer" });
    await clock.tickAsync("00:10");
    expect(runner.status()[1]).to.deep.include({ health: "ok", lastError: "Error: no answer" });

    await clock.tickAsync("00:36");
    expect(runner.status()[0]).to.deep.include({ phase: "running", runs: 1, lastStart: epoch + 60_000, lastDuration: null });
    await clock.tickAsync("00:10");
    expect(runner.status()[0]).to.deep.include({ health: "ok", phase: "waiting", lastDuration: 2_000, nextDue: epoch + 120_000 });

    fetcher.fails = true;
    await clock.tickAsync("01:00");
    const { lastErrorStack, ...row } = runner.status()[0] ?? {};
    expect(lastErrorStack).to.match(/^TypeError: HTTP 503\n +at .*status\.spec\.ts/);
    expect(lastErrorStack).to.not.include("/lib/");
    expect(row).to.deep.equal({
      name: "github/commits",
      group: "github",
      runner: "",
      schedule: "every 1m",
      health: "firing",
      healthSince: epoch + 122_000,
      phase: "backoff",
      pause: null,
      runs: 2,
      failures: 1,
      attempt: 1,
      missed: 0,
      lastStart: epoch + 120_000,
      lastDuration: 2_000,
      lastSuccess: epoch + 62_000,
      lastError: "TypeError: HTTP 503",
      lastErrorAt: epoch + 122_000,
      nextDue: epoch + 152_000,
    });

    await runner.stop();
    await running;
    const rows = runner.status();
    expect(rows[0]).to.deep.include({ health: "firing", phase: "stopped", runs: 2, failures: 1, nextDue: null });
    expect(rows[1]).to.deep.include({ health: "ok", phase: "stopped", runs: 1, failures: 0 });
    expect(JSON.parse(JSON.stringify(rows))).to.deep.equal(rows);
  });

  it("says when a run last succeeded, also while another one runs or has failed", async () => {
    const endings = ["returns", "returns", "fails"];
    class Sync {
      @Repeat("1m")
      @Retry(backoff)
      async pull({ signal }: WorkerContext) {
        await wait("10s", { signal });
        if (endings.shift() === "fails") throw new Error("refused");
      }
    }
    const runner = bootstrap([Sync], { logger: silent });
    const running = runner.run();
    const lastSuccess = () => runner.status()[0]?.lastSuccess;
    await clock.tickAsync("01:05");
    expect(lastSuccess()).to.equal(null);
    await clock.tickAsync("00:05");
    expect(lastSuccess()).to.equal(epoch + 70_000);
    await clock.tickAsync("00:55");
    expect(runner.status()[0]?.phase).to.equal("running");
    expect(lastSuccess()).to.equal(epoch + 70_000);
    await clock.tickAsync("01:10");
    expect(runner.status()[0]?.health).to.equal("firing");
    expect(lastSuccess()).to.equal(epoch + 130_000);
    await runner.stop();
    await running;
    expect(lastSuccess()).to.equal(epoch + 130_000);
  });

  it("says since when a worker has its health", async () => {
    class Feed {
      @Worker
      async listen({ signal, reportHealth }: WorkerContext) {
        await wait("5s", { signal });
        reportHealth();
        await wait("5s", { signal });
        reportHealth();
        await wait("5s", { signal });
        reportHealth(new Error("no answer"));
        await wait("5s", { signal });
        reportHealth(new Error("no answer"));
        await stopped(signal);
      }
    }
    const runner = bootstrap([Feed], { logger: silent });
    const running = runner.run();
    const seen: unknown[] = [];
    for (let second = 0; second < 20; second += 5) {
      await clock.tickAsync("00:05");
      const { health, healthSince, lastSuccess, lastErrorAt } = runner.status()[0] ?? {};
      seen.push([health, ...[healthSince, lastSuccess, lastErrorAt].map((time) => (time ? time - epoch : time))]);
    }
    expect(seen).to.deep.equal([
      ["ok", 5_000, 5_000, null],
      ["ok", 5_000, 10_000, null],
      ["firing", 15_000, 10_000, 15_000],
      ["firing", 15_000, 10_000, 20_000],
    ]);
    await runner.stop();
    await running;
  });

  it("has the stack of an error whose cause differs from that of the one before", async () => {
    const causes = ["connect ECONNREFUSED 10.0.0.7:5432", "getaddrinfo ENOTFOUND db"];
    class Sync {
      @Repeat("10s")
      @Retry(new StaticBackoff({ sleep: 0 }))
      pull() {
        throw new TypeError("fetch failed", { cause: new Error(causes.shift()) });
      }
    }
    const warn: string[] = [];
    const logger = { ...silent, warn: (_details: object | string, message = "") => warn.push(message) };
    const runner = bootstrap([Sync], { logger });
    const running = runner.run();
    await clock.tickAsync("00:15");
    expect(runner.status()[0]?.lastErrorStack).to.include("caused by: Error: connect ECONNREFUSED");
    await clock.tickAsync("00:10");
    expect(runner.status()[0]?.lastErrorStack).to.include("caused by: Error: getaddrinfo ENOTFOUND");
    // Both are of a kind of their own for the log, too.
    expect(warn).to.have.lengthOf(2);
    await runner.stop();
    await running;
  });

  it("has no last success of a job that reports its health, and then fails", async () => {
    class Sync {
      @Repeat("10s")
      @Retry(backoff)
      pull({ reportHealth }: WorkerContext) {
        reportHealth();
        throw new Error("refused");
      }
    }
    const runner = bootstrap([Sync], { logger: silent });
    const running = runner.run();
    await clock.tickAsync("00:15");
    expect(runner.status()[0]).to.include({ health: "firing", lastSuccess: null });
    await runner.stop();
    await running;
  });

  it("keeps one stack of errors that differ only in numbers, and the time of the last", async () => {
    let runs = 0;
    class Sync {
      @Repeat("10s")
      @Retry(new StaticBackoff({ sleep: 0 }))
      pull() {
        throw new Error(`refused after ${++runs} ms`);
      }
    }
    const runner = bootstrap([Sync], { logger: silent });
    const running = runner.run();
    await clock.tickAsync("00:25");
    const { lastError, lastErrorAt, lastErrorStack } = runner.status()[0] ?? {};
    expect([lastError, lastErrorAt]).to.deep.equal(["Error: refused after 2 ms", epoch + 20_001]);
    expect(lastErrorStack).to.match(/^Error: refused after 1 ms\n/);
    await runner.stop();
    await running;
  });

  it("describes every schedule in words", () => {
    class EveryFullMoon {
      next(after: Date): Date {
        return new Date(after.getTime() + 1_000);
      }
    }
    const berlin = { pattern: "0 4 * * *", timezone: "Europe/Berlin", next: (after: Date) => new Date(after.getTime() + 1_000) };
    const repeats: RepeatDeclaration[] = [
      "90s",
      { interval: "1h", initialDelay: "5s", jitter: "1m" },
      berlin,
      { schedule: berlin, jitter: "30s" },
      new EveryFullMoon(),
      { next: (after: Date) => new Date(after.getTime() + 1_000) },
    ];
    const workers = repeats.map((repeat, index) => new DeclarativeWorker({ name: `${index}`, job() {}, repeat }));
    expect(
      bootstrap(workers)
        .status()
        .map(({ schedule }) => schedule),
    ).to.deep.equal([
      "every 1m 30s",
      "every 1h, first after 5s, jitter 1m",
      "0 4 * * * (Europe/Berlin)",
      "0 4 * * * (Europe/Berlin), jitter 30s",
      "EveryFullMoon",
      "custom schedule",
    ]);
  });

  it("names the runner of a worker in a nested runner", async () => {
    const inner = bootstrap([new DeclarativeWorker({ name: "hand", job() {}, repeat: "1s" })], { logger: silent, signals: [] });
    const outer = bootstrap([new DeclarativeWorker({ name: "ship", worker: inner })], { logger: silent });
    const running = outer.run();
    expect([outer, inner].map((runner) => runner.status()[0]?.runner)).to.deep.equal(["", "ship"]);
    await outer.stop();
    await running;
  });

  it("shows a worker that exited prematurely as firing", async () => {
    class Quitter {
      @Worker
      quit() {}
    }
    const runner = bootstrap([Quitter], { logger: silent });
    await runner.run().catch(() => {});
    expect(runner.status()[0]).to.deep.include({ health: "firing", phase: "stopped", runs: 1, failures: 1 });
    expect(runner.status()[0]?.lastError).to.match(/^WorkerExitedPrematurelyError: Quitter\/quit exited prematurely/);
  });

  it("forgets the earlier failures of a worker that has stayed up for resetAfter", async () => {
    class Flaky {
      starts = 0;

      @Worker
      @Retry({ backoff, resetAfter: "5m" })
      async listen({ signal }: WorkerContext) {
        if (++this.starts < 3) throw new Error("refused");
        await stopped(signal);
      }
    }
    const runner = bootstrap([Flaky], { logger: silent });
    const running = runner.run();
    await clock.tickAsync("01:01");
    expect(runner.status()[0]).to.deep.include({ phase: "running", runs: 3, failures: 2, attempt: 2 });
    await clock.tickAsync("05:00");
    expect(runner.status()[0]).to.deep.include({ phase: "running", attempt: 0, lastError: "Error: refused" });
    await runner.stop();
    await running;
  });

  it("shows the error of a run that is still being retried", async () => {
    class Mailer {
      @Repeat("1m")
      @RetryJob(backoff)
      send() {
        throw new Error("greylisted");
      }
    }
    const runner = bootstrap([Mailer], { logger: silent });
    const running = runner.run();
    await clock.tickAsync("02:00");
    expect(runner.status()[0]).to.deep.include({ phase: "backoff", runs: 1, attempt: 3, lastError: "Error: greylisted" });
    await runner.stop();
    await running;
  });
});
