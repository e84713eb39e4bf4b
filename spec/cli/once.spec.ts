import { existsSync } from "node:fs";
import { expect } from "chai";
import { app, expectGolden, Folder, useEnvironment, watchbill } from "./command.fixture.js";
import { CommandProcess } from "./process.fixture.js";

describe("watchbill once", function () {
  this.timeout("60s");

  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });
  useEnvironment(() => ({ TZ: "Europe/Berlin" }));
  afterEach(() => {
    CommandProcess.killAll();
    folder.remove();
  });

  const imports = `import { bootstrap, Repeat, Retry, RetryJob, StaticBackoff, Timeout, Worker } from "watchbill";`;

  /** The output without the durations. */
  function comparable(text: string): string {
    return text.replaceAll(/in [\d.]+m?s/g, "in …");
  }

  function module(code: string, options = ""): string {
    return folder.write(
      "app.ts",
      `${imports}
      const logger = { debug() {}, info() {}, warn() {}, error() {} };
      ${code}
      export default bootstrap([Jobs], { logger, ${options} });`,
    );
  }

  it("runs a worker once, prints one line, and exits with 0", async () => {
    const { code, stdout } = await watchbill(["once", app, "github/commits"]);
    expect(code).to.equal(0);
    expectGolden("once.txt", comparable(stdout));
  });

  it("retries the run, and exits with 1 if it fails", async () => {
    const { code, stdout } = await watchbill(["once", app, "github/issues"]);
    expect(code).to.equal(1);
    expect(comparable(stdout)).to.equal("github/issues: failed after 3 attempts in …: Error: HTTP 503\n");
  });

  it("prints JSON", async () => {
    const { stdout } = await watchbill(["once", app, "github/issues", "--json"]);
    const { duration, ...others }: { duration: number } = JSON.parse(stdout);
    expect(duration).to.be.at.least(20);
    expect(others).to.deep.equal({ name: "github/issues", outcome: "failed", attempts: 3, error: "Error: HTTP 503" });
  });

  it("ends a run that takes longer than its timeout", async () => {
    const file = module(`class Jobs {
      @Repeat("1h") @Timeout("20ms") slow({ signal }) {
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      }
    }`);
    const { code, stdout } = await watchbill(["once", file, "Jobs/slow"]);
    expect(code).to.equal(1);
    expect(comparable(stdout)).to.match(/^Jobs\/slow: failed in …: TimeoutError: .*20.?ms/);
  });

  it("starts no other worker of the module, and needs neither the schedule nor the replicas of a distributed worker", async () => {
    const file = folder.write(
      "app.ts",
      `${imports}
      import { Distributed } from "watchbill";
      const engine = { join() { throw new Error("there is no database"); } };
      class Jobs {
        @Repeat("1h") @Distributed one() {}
        @Repeat("1ms", { startImmediately: true }) two() { throw new Error("it runs"); }
        @Worker three() { throw new Error("it runs"); }
      }
      export default bootstrap([Jobs], { engine, logger: { debug() {}, info() {}, warn() {}, error() {} } });`,
    );
    const { code, stdout } = await watchbill(["once", file, "Jobs/one"]);
    expect([code, comparable(stdout)]).to.deep.equal([0, "Jobs/one: done in …\n"]);
  });

  it("refuses a continuous worker, one that is left out, and one that does not exist", async () => {
    const file = module(`class Jobs { @Repeat("1h") one() {} @Repeat("1h") two() {} @Worker three() {} }`, 'except: "Jobs/two"');
    for (const [name, message] of [
      ["Jobs/three", "Jobs/three is a continuous worker: once is for those that are repeated"],
      ["Jobs/two", 'There is no worker "Jobs/two": there are Jobs/one, Jobs/three'],
      ["Jobs/ome", 'There is no worker "Jobs/ome": did you mean Jobs/one'],
    ] as const) {
      const { code, stdout, stderr } = await watchbill(["once", file, name]);
      expect([code, stdout], name).to.deep.equal([2, ""]);
      expect(stderr).to.include(message);
    }
  });

  it("completes the run if the reader of its output leaves", async () => {
    const done = `${folder.path}/done`;
    const file = module(`
      import { writeFileSync } from "node:fs";
      import { setTimeout } from "node:timers/promises";
      class Jobs {
        @Repeat("1h") async slow() {
          console.log("it runs");
          for (let count = 0; count < 5; count++) { await setTimeout(20); console.log("more"); }
          writeFileSync(${JSON.stringify(done)}, "");
        }
      }`);
    const command = new CommandProcess(["once", file, "Jobs/slow"]);
    await command.prints("it runs");
    command.closeStdout();
    expect(await command.ended, command.stderr).to.equal(0);
    expect(existsSync(done)).to.equal(true);
  });

  it("runs the worker and exits with its outcome if the reader has left before it starts", async () => {
    const done = `${folder.path}/done`;
    const file = module(`
      import { writeFileSync } from "node:fs";
      console.log("imported");
      class Jobs {
        @Repeat("1h") fails() {
          writeFileSync(${JSON.stringify(done)}, "");
          throw new Error("HTTP 503");
        }
      }`);
    const command = new CommandProcess(["once", file, "Jobs/fails"]);
    command.closeStdout();
    expect(await command.ended, command.stderr).to.equal(1);
    expect(existsSync(done)).to.equal(true);
  });

  it("stops the run on a signal, and exits with 128 + its number", async () => {
    const file = module(`class Jobs {
      @Repeat("1h") slow({ signal }) {
        console.log("it runs");
        return new Promise((resolve) => signal.addEventListener("abort", resolve));
      }
    }`);
    const command = new CommandProcess(["once", file, "Jobs/slow"]);
    await command.prints("it runs");
    command.kill("SIGTERM");
    expect(await command.ended, command.stderr).to.equal(143);
    expect(command.stdout).to.equal("it runs\nJobs/slow: stopped by SIGTERM\n");
  });
});
