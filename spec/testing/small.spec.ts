import { expect } from "chai";
import {
  BootstrapError,
  Distributed,
  ExponentialBackoff,
  InvalidArgumentError,
  Named,
  Repeat,
  Retry,
  RetryJob,
  StaticBackoff,
  Timeout,
  TimeoutError,
  Worker,
  type WorkerContext,
  wait,
} from "watchbill";
import { cron } from "watchbill/cron";
import { describeWorkers, recordingLogger, runOnce, silentLogger, simulate, testContext } from "watchbill/testing";

class Mailer {
  static attempts: number[] = [];

  @Repeat("1h")
  @RetryJob(new StaticBackoff({ sleep: 0 }))
  @Named("outbox")
  async send({ attempt, name, logger }: WorkerContext): Promise<void> {
    Mailer.attempts.push(attempt);
    if (attempt < 2) throw new Error("HTTP 503");
    logger.info({ name }, "sent");
  }

  @Repeat("1h")
  @Timeout("20ms")
  async slow({ signal }: WorkerContext): Promise<void> {
    await wait("1h", { signal });
  }

  @Worker
  async listen({ signal, reportHealth }: WorkerContext): Promise<void> {
    reportHealth();
    signal.throwIfAborted();
  }
}

describe("runOnce", () => {
  it("runs a job at once, with its retries and without its schedule", async () => {
    Mailer.attempts = [];
    const logger = recordingLogger();
    await runOnce(Mailer, "send", { context: { logger } });
    expect(Mailer.attempts).to.deep.equal([0, 1, 2]);
    expect(logger.entries.at(-1)).to.deep.equal({
      level: "info",
      message: "sent",
      details: { worker: "Mailer/outbox", name: "Mailer/outbox" },
    });
  });

  it("has the timeout of the job", async () => {
    const error = await runOnce(Mailer, "slow").catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TimeoutError);
  });

  it("is aborted by a signal, with its reason", async () => {
    const reason = new Error("stop");
    const error = await runOnce(Mailer, "slow", { signal: AbortSignal.abort(reason) }).catch((thrown: unknown) => thrown);
    expect(error).to.equal(reason);
  });

  it("calls a continuous worker once, and an instance as it is", async () => {
    let healthy = 0;
    await runOnce(new Mailer(), "listen", { context: { reportHealth: () => void healthy++ } });
    expect(healthy).to.equal(1);
  });

  it("creates the instance with resolve", async () => {
    const mailer = new Mailer();
    const types: unknown[] = [];
    await runOnce(Mailer, "listen", {
      resolve: (type) => {
        types.push(type);
        return mailer;
      },
    });
    expect(types).to.deep.equal([Mailer]);
  });

  it("refuses a method that is not a worker, and a source that is faulty", async () => {
    const wrong = await runOnce(Mailer, "sent" as never).catch((thrown: unknown) => thrown);
    expect(wrong)
      .to.be.instanceOf(InvalidArgumentError)
      .with.property("message", 'Mailer has no worker on a method "sent": did you mean send?');
    expect(await runOnce(class {}, "toString" as never).catch((thrown: unknown) => thrown)).to.be.instanceOf(BootstrapError);
  });
});

describe("testContext", () => {
  it("is a context to call a method with", async () => {
    const { signal, ...others } = testContext();
    expect(signal.aborted).to.equal(false);
    expect(others).to.deep.include({ name: "test", attempt: 0, logger: silentLogger });
    Mailer.attempts = [];
    await new Mailer().send(testContext({ attempt: 5 }));
    expect(Mailer.attempts).to.deep.equal([5]);
  });
});

describe("recordingLogger", () => {
  it("keeps what is logged, in short lines too", () => {
    const logger = recordingLogger();
    logger.warn({ worker: "a", attempt: 1 }, "failed");
    logger.debug({}, "detail");
    logger.error({ err: new Error("x") }, "stopped");
    expect(logger.lines).to.deep.equal(["warn a: failed", "error stopped"]);
    expect(logger.entries.map(({ level }) => level)).to.deep.equal(["warn", "debug", "error"]);
    expect(logger.entries[0]?.details).to.deep.equal({ worker: "a", attempt: 1 });
    logger.clear();
    expect(logger.entries).to.deep.equal([]);
  });
});

describe("describeWorkers", () => {
  it("is the same plain data until a declaration changes", () => {
    class Reports {
      @Repeat(cron("0 3 * * *", { timezone: "Europe/Berlin" }))
      @Distributed
      @RetryJob({ backoff: new ExponentialBackoff({ initial: "1s", max: "5m" }), maxAttempts: 3 })
      @Timeout("1m")
      weekly(): void {}

      @Worker({ restart: "on-failure" })
      @Retry(new StaticBackoff({ sleep: "2s" }))
      archive(): void {}
    }
    const described = describeWorkers([Reports]);
    expect(described).to.deep.equal([
      { name: "Reports/archive", kind: "worker", restart: "on-failure", retry: { type: "StaticBackoff", sleep: 2_000 } },
      {
        name: "Reports/weekly",
        kind: "job",
        schedule: "0 3 * * * (Europe/Berlin)",
        retryJob: {
          backoff: { type: "ExponentialBackoff", initial: 1_000, max: 300_000, jitterProportion: 0 },
          maxAttempts: 3,
        },
        timeout: 60_000,
        distributed: true,
      },
    ]);
    expect(JSON.parse(JSON.stringify(described))).to.deep.equal(described);
  });
});

describe("simulate.search", () => {
  class Sync {
    @Repeat("10m")
    @RetryJob(new StaticBackoff({ sleep: "1s" }))
    pull(): void {}
  }

  it("yields the seeds for which something happens, the shortest simulation first", async () => {
    const such = (day: Awaited<ReturnType<typeof simulate>>): boolean => day.of("Sync/pull").counts.failures > 0;
    const found: { seed: number; for: number }[] = [];
    for await (const finding of simulate.search([Sync], { for: "6h", fails: { "*": 0.02 }, seeds: 12, such })) {
      expect(such(finding.day)).to.equal(true);
      found.push({ seed: finding.seed, for: finding.for });
    }
    expect(found.length).to.be.within(2, 12);
    expect(found.map((each) => each.for)).to.deep.equal(found.map((each) => each.for).sort((a, b) => a - b));
    const [{ seed, for: length } = { seed: 0, for: 0 }] = found;
    expect(such(await simulate([Sync], { for: length - 60_000, fails: { "*": 0.02 }, seed }))).to.equal(false);
    expect(length % 600_000).to.be.within(0, 70_000);
  });
});
