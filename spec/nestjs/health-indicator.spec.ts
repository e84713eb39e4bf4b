import { ServiceUnavailableException } from "@nestjs/common";
import { HealthCheckService, TerminusModule } from "@nestjs/terminus";
import { Test } from "@nestjs/testing";
import { expect } from "chai";
import { Repeat, Runner, StaticBackoff, Worker } from "watchbill";
import { WatchbillHealthIndicator, type WatchbillHealthOptions, WatchbillModule } from "watchbill/nestjs";
import { until } from "../dashboard/client.fixture.js";
import { silent } from "../dashboard/served.fixture.js";
import { closeApplications, startApplication } from "./application.fixture.js";

let isBroken = false;

class Mailer {
  @Repeat("1h", { startImmediately: true })
  send() {
    if (isBroken) throw new Error("password hunter2 is wrong");
  }
}

class Cleaner {
  @Repeat("1h")
  clean() {}
}

describe("WatchbillHealthIndicator", () => {
  afterEach(closeApplications);

  async function start() {
    const retry = new StaticBackoff({ sleep: "1h" });
    const imports = [TerminusModule.forRoot({ logger: false }), WatchbillModule.forRoot({ logger: silent, retry })];
    const app = await startApplication({ imports, providers: [Mailer, Cleaner] });
    const indicator = app.get(WatchbillHealthIndicator);
    const check = async (options?: WatchbillHealthOptions): Promise<unknown> => {
      try {
        return await app.get(HealthCheckService).check([() => indicator.isHealthy("jobs", options)]);
      } catch (error) {
        return error instanceof ServiceUnavailableException ? error.getResponse() : error;
      }
    };
    return { app, runner: app.get(Runner), check };
  }

  it("is up while no worker fails, in a check of terminus", async () => {
    isBroken = false;
    const { check } = await start();
    const jobs = { status: "up", workers: 2 };
    expect(await check()).to.deep.equal({ status: "ok", info: { jobs }, error: {}, details: { jobs } });
  });

  it("is down with the names of the workers that fail, and without their errors", async () => {
    isBroken = true;
    const { check } = await start();
    await until(async () => JSON.stringify(await check()).includes("down"));
    const jobs = { status: "down", message: "1 worker fails", workers: 2, failing: ["Mailer/send"] };
    expect(await check()).to.deep.equal({ status: "error", info: {}, error: { jobs }, details: { jobs } });
  });

  it("is up as long as a worker may fail, and while it is paused", async () => {
    isBroken = true;
    const { runner, check } = await start();
    await until(() => runner.status().some(({ health }) => health === "firing"));
    expect(await check({ failingFor: "5m" })).to.include({ status: "ok" });
    expect(await check()).to.include({ status: "error" });
    await runner.pause("Mailer/send");
    expect(await check()).to.include({ status: "ok" });
  });

  it("is down when the runner has stopped", async () => {
    isBroken = false;
    const { runner, check } = await start();
    await runner.stop();
    const jobs = { status: "down", message: "the runner does not run", workers: 2 };
    expect(await check())
      .to.include({ status: "error" })
      .and.to.have.property("error")
      .that.deep.equals({ jobs });
  });

  it("is up if there are no workers to run", async () => {
    const imports = [WatchbillModule.forRoot({ logger: silent, except: "*" })];
    const app = await startApplication({ imports, providers: [Mailer, Cleaner] });
    const indicator = app.get(WatchbillHealthIndicator);
    expect(indicator.isHealthy("jobs")).to.deep.equal({ jobs: { status: "up", workers: 0 } });
  });

  it("is up when all workers have completed", async () => {
    class Migration {
      @Worker({ restart: "on-failure" })
      run() {}
    }
    const app = await startApplication({ imports: [WatchbillModule.forRoot({ logger: silent })], providers: [Migration] });
    const runner = app.get(Runner);
    await until(() => runner.state === "stopped");
    expect(app.get(WatchbillHealthIndicator).isHealthy("jobs")).to.deep.equal({ jobs: { status: "up", workers: 1 } });
  });

  it("is up in a testing module, where no worker runs", async () => {
    const imports = [WatchbillModule.forRoot({ logger: silent })];
    const module = await Test.createTestingModule({ imports, providers: [Cleaner] }).compile();
    await module.init();
    expect(module.get(WatchbillHealthIndicator).isHealthy("jobs")).to.deep.equal({ jobs: { status: "up", workers: 1 } });
    await module.close();
  });

  it("has the key watchbill if none is passed", async () => {
    const { app } = await start();
    expect(app.get(WatchbillHealthIndicator).isHealthy()).to.have.keys("watchbill");
  });
});
