import { expect } from "chai";
import { ApplicationProcess } from "./child-process.fixture.js";

describe("A Nest application in its own process", function () {
  this.timeout("60s");

  afterEach(() => ApplicationProcess.killAll());

  describe("samples/nestjs", () => {
    const start = (): ApplicationProcess =>
      new ApplicationProcess(["--import", "tsx", "samples/nestjs/main.ts"], {
        PORT: "0",
        TSX_TSCONFIG_PATH: "samples/nestjs/tsconfig.json",
      });

    it("ends its run and stops its workers before the database is closed, when it is killed in the middle of a run", async () => {
      const app = start();
      await app.prints("listening on ");
      await app.prints("invoice 2 is sent");
      app.kill("SIGTERM");
      expect(await app.ended, app.output).to.equal("SIGTERM");
      expect(app.linesFrom("the run has ended")).to.deep.equal([
        "the run has ended",
        "LOG [Watchbill] stopped",
        "the database is closed",
      ]);
      expect(app.output.match(/invoice \d+ is sent/g)).to.have.length.below(100);
    });

    it("serves the dashboard to those whom the guard lets pass", async () => {
      const app = start();
      await app.prints("listening on ");
      const [, url = ""] = /listening on (http:\S+)/.exec(app.output) ?? [];
      const statusOf = async (headers: Record<string, string>): Promise<number> =>
        (await fetch(`${url}/ops/jobs/`, { headers })).status;
      expect([await statusOf({}), await statusOf({ "x-role": "ops" })]).to.deep.equal([403, 200]);
      app.kill("SIGTERM");
      expect(await app.ended, app.output).to.equal("SIGTERM");
    });
  });

  describe("whose runner has failed", () => {
    const fail = async (how: string): Promise<ApplicationProcess> => {
      const app = new ApplicationProcess(["--import", "tsx", "spec/nestjs/failing-application.fixture.ts", how]);
      await app.prints("the application is up");
      app.kill("SIGUSR2");
      return app;
    };
    const failed = "ERROR [Watchbill] the runner has failed; the application is closed";
    const closed = ["the database is closed", "the last lines are written"];
    const ways = {
      hooks: "is closed by Nest's shutdown hooks",
      late: "is closed by shutdown hooks that are enabled after the failure",
      exit: "is closed by shutdown hooks that use process.exit",
      own: "is closed by a signal listener of its own",
    };
    for (const [how, fact] of Object.entries(ways))
      it(`${fact}, and exits with code 1`, async () => {
        const app = await fail(how);
        expect(await app.ended, app.output).to.equal(1);
        const lines = app.linesFrom(failed);
        expect(lines.at(0)).to.equal(failed);
        expect(lines.slice(-2), app.output).to.deep.equal(closed);
        expect(app.output).to.include("no queue");
      });

    it("exits with code 1 if nothing can close it, and says what is missing", async () => {
      const app = await fail("none");
      expect(await app.ended, app.output).to.equal(1);
      expect(app.linesFrom("cannot close")).to.deep.equal([
        "ERROR [Watchbill] cannot close the application, and exits: call app.enableShutdownHooks() in the main file",
      ]);
    });
  });
});
