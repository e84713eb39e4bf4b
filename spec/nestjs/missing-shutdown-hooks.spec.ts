import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Test } from "@nestjs/testing";
import { expect } from "chai";
import sinon from "sinon";
import { WatchbillModule } from "watchbill/nestjs";
import { RecordingNestLogger } from "./recording-nest-logger.fixture.js";

class AppModule {}
Module({ imports: [WatchbillModule.forRoot()] })(AppModule);

const warning =
  "warn: SIGTERM would end the process without stopping the workers: call app.enableShutdownHooks() in the main file";

describe("Missing shutdown hooks", () => {
  let clock: sinon.SinonFakeTimers;
  let logger: RecordingNestLogger;

  const warnings = (): string[] => logger.of("Watchbill").filter((line) => line.startsWith("warn: SIGTERM"));
  const start = () => NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    logger = new RecordingNestLogger();
    const listeners = process.listeners("SIGTERM");
    // Those of other specs.
    sinon.stub(process, "listenerCount").callsFake((event) => {
      const own = process.listeners(event === "SIGTERM" ? event : "SIGINT");
      return own.filter((listener) => !listeners.includes(listener)).length;
    });
  });

  afterEach(() => {
    sinon.restore();
  });

  it("are warned of once, some seconds after the start", async () => {
    const app = await start();
    await clock.tickAsync("00:04");
    expect(warnings()).to.deep.equal([]);
    await clock.tickAsync("01:00:00");
    expect(warnings()).to.deep.equal([warning]);
    await app.close();
  });

  it("are not warned of if they are enabled after the application was created", async () => {
    const app = await start();
    app.enableShutdownHooks(["SIGTERM"]);
    await clock.tickAsync("01:00:00");
    expect(warnings()).to.deep.equal([]);
    await app.close();
  });

  it("are not warned of when the application has been closed", async () => {
    await (await start()).close();
    await clock.tickAsync("01:00:00");
    expect(warnings()).to.deep.equal([]);
  });

  it("are not warned of in a testing module", async () => {
    const module = await Test.createTestingModule({ imports: [WatchbillModule.forRoot({ runInTests: true })] })
      .setLogger(logger)
      .compile();
    await module.init();
    await clock.tickAsync("01:00:00");
    expect(warnings()).to.deep.equal([]);
    await module.close();
  });
});
