import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { bootstrap, Named, Repeat, Retry, RetryJob, StaticBackoff, stopped, Worker, type WorkerContext, wait } from "watchbill";

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
  health: "init",
  phase: "stopped",
  runs: 0,
  failures: 0,
  attempt: 0,
  missed: 0,
  lastStart: null,
  lastDuration: null,
  lastError: null,
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
      { name: "github/commits", ...untouched },
      { name: "github/events", ...untouched },
    ]);

    const running = runner.run();
    expect(runner.status()).to.deep.equal([
      { name: "github/commits", ...untouched, phase: "waiting", nextDue: epoch + 60_000 },
      { name: "github/events", ...untouched, phase: "running", runs: 1, lastStart: epoch },
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
    expect(runner.status()[0]).to.deep.equal({
      name: "github/commits",
      health: "firing",
      phase: "backoff",
      runs: 2,
      failures: 1,
      attempt: 1,
      missed: 0,
      lastStart: epoch + 120_000,
      lastDuration: 2_000,
      lastError: "TypeError: HTTP 503",
      nextDue: epoch + 152_000,
    });

    await runner.stop();
    await running;
    const rows = runner.status();
    expect(rows[0]).to.deep.include({ health: "firing", phase: "stopped", runs: 2, failures: 1, nextDue: null });
    expect(rows[1]).to.deep.include({ health: "ok", phase: "stopped", runs: 1, failures: 0 });
    expect(JSON.parse(JSON.stringify(rows))).to.deep.equal(rows);
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
