import { Logger as NestLogger } from "@nestjs/common";
import { expect } from "chai";
import { Repeat, StaticBackoff, Worker, type WorkerContext } from "watchbill";
import { nestLogger, WatchbillModule } from "watchbill/nestjs";
import { closeApplications, startApplication } from "./application.fixture.js";
import { RecordingNestLogger } from "./recording-nest-logger.fixture.js";

describe("Nest's logger", () => {
  let logger: RecordingNestLogger;

  beforeEach(() => {
    logger = new RecordingNestLogger();
    NestLogger.overrideLogger(logger);
  });

  afterEach(async () => {
    await closeApplications();
    NestLogger.overrideLogger(false);
  });

  it("receives the entries of a worker with its name as the context, and those of the runner as Watchbill", async () => {
    class Mailer {
      @Repeat("1h", { startImmediately: true })
      send({ logger }: WorkerContext) {
        logger.info("sending");
        logger.debug({ mails: 3 }, "sent");
      }
    }
    const app = await startApplication({ imports: [WatchbillModule.forRoot()], providers: [Mailer] }, logger);
    await app.close();
    expect(logger.of("Mailer/send")).to.deep.equal(["log: sending", "debug: sent { mails: 3 }"]);
    expect(logger.of("Watchbill")).to.deep.equal(["log: started 1 worker", "log: stopped"]);
  });

  it("receives what a worker that fails logs, with message and stack", async () => {
    class Mailer {
      @Worker
      listen() {
        throw new Error("no queue", { cause: new Error("no network") });
      }
    }
    const retry = new StaticBackoff({ sleep: "1h" });
    await startApplication({ imports: [WatchbillModule.forRoot({ retry })], providers: [Mailer] }, logger);
    const [level, text, context] = logger.calls.find((call) => call.at(-1) === "Mailer/listen") ?? [];
    expect([level, context]).to.deep.equal(["warn", "Mailer/listen"]);
    expect(text)
      .to.match(/^failed \(attempt 1\), restarting in 1h\nError: no queue\n {4}at /)
      .and.to.include("nest-logger.spec.ts")
      .and.to.include("\ncaused by: Error: no network")
      .and.not.to.include("/lib/");
  });

  it("receives a further error of the same kind as a line, and not those that the runner sums up", () => {
    const write = (level: "warn" | "debug") =>
      nestLogger[level](
        { worker: "mail", err: new Error("no cache"), attempt: 2, delay: 9 },
        "failed (attempt 2), retrying in 9ms",
      );
    for (const level of ["warn", "debug", "warn"] as const) write(level);
    const [first, ...others] = logger.of("mail");
    expect(first).to.match(/^warn: failed \(attempt 2\), retrying in 9ms\nError: no cache\n {4}at /);
    expect(others).to.deep.equal(["warn: failed (attempt 2), retrying in 9ms: Error: no cache"]);
  });

  it("receives no properties of an error but those that are known to be harmless", () => {
    const err = Object.assign(new Error("no answer"), { status: 503, config: { headers: { authorization: "Bearer s3cret" } } });
    nestLogger.warn({ worker: "mail", err }, "failed");
    expect(JSON.stringify(logger.calls)).to.include("status 503").and.not.to.include("s3cret");
  });

  it("receives the stack of an entry of level error as its stack", () => {
    nestLogger.error({ worker: "mail", err: new Error("no queue") }, "gave up");
    const [[level, text, stack, context] = ["none"]] = logger.calls;
    expect([level, text, context]).to.deep.equal(["error", "gave up", "mail"]);
    expect(stack).to.match(/^Error: no queue\n {4}at /);
  });

  it("receives fields that the message does not say, and a text alone", () => {
    nestLogger.warn({ worker: "mail", attempt: 3, delay: 4_000, queue: "eu", tries: undefined }, "failed (attempt 3) in 4s");
    nestLogger.info("ready");
    nestLogger.info({ worker: "mail", duration: 12 });
    expect(logger.calls).to.deep.equal([
      ["warn", "failed (attempt 3) in 4s { queue: 'eu' }", "mail"],
      ["log", "ready", "Watchbill"],
      ["log", "{ duration: 12 }", "mail"],
    ]);
  });

  it("is the one that the application uses when an entry is written", () => {
    const later = new RecordingNestLogger();
    NestLogger.overrideLogger(later);
    nestLogger.info({ worker: "mail" }, "ready");
    expect(later.of("mail")).to.deep.equal(["log: ready"]);
  });

  it("receives nothing if the options have a logger", async () => {
    const lines: unknown[] = [];
    const add = (_details: unknown, message?: string): number => lines.push(message);
    const own = { debug: add, info: add, warn: add, error: add };
    const app = await startApplication({ imports: [WatchbillModule.forRoot({ logger: own })] }, logger);
    await app.close();
    expect(lines).to.include("stopped");
    expect(logger.of("Watchbill")).to.deep.equal([]);
  });
});
