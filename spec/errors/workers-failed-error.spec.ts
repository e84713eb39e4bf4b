import { spawnSync } from "node:child_process";
import { inspect } from "node:util";
import { expect } from "chai";
import { WorkerExitedPrematurelyError, WorkersFailedError } from "watchbill";

const commits = { worker: "github/commits", error: new RangeError("too far") };
const events = { worker: "github/events", error: new WorkerExitedPrematurelyError("github/events") };

describe("WorkersFailedError", () => {
  it("has every error by identity and in order, the workers' names, and the first error as its cause", () => {
    const error = new WorkersFailedError([commits, events], "worker");
    expect(error.errors).to.have.ordered.members([commits.error, events.error]);
    expect(error.workers).to.deep.equal(["github/commits", "github/events"]);
    expect(error.cause).to.equal(commits.error);
  });

  it("has one line for every error, with the worker's name once", () => {
    expect(new WorkersFailedError([commits, events], "worker").message).to.equal(
      `2 workers failed:
  github/commits: RangeError: too far
  github/events exited prematurely: a worker runs until its signal aborts; repeat it or retry it if it is done sooner`,
    );
  });

  it("uses singular and plural, for workers and jobs", () => {
    expect(new WorkersFailedError([commits], "worker").message).to.equal(
      "1 worker failed:\n  github/commits: RangeError: too far",
    );
    expect(new WorkersFailedError([commits], "job").message).to.match(/^1 job failed:\n/);
    expect(new WorkersFailedError([commits, commits], "job").message).to.match(/^2 jobs failed:\n/);
  });

  it("indents errors of several lines, such as the failure of a nested runner", () => {
    const inner = new WorkersFailedError([commits, { worker: "y", error: new Error("one\ntwo") }], "job");
    expect(new WorkersFailedError([{ worker: "x", error: inner }], "worker").message).to.equal(
      `1 worker failed:
  2 jobs failed:
    github/commits: RangeError: too far
    y: Error: one
    two`,
    );
  });

  it("can contain an error that cannot be shown", () => {
    const error = Object.defineProperty(new Error("no luck"), "message", {
      get: () => {
        throw new Error("not to be read");
      },
    });
    expect(new WorkersFailedError([{ worker: "x", error }], "worker").message).to.equal(
      "1 worker failed:\n  x: Error: no message that can be read",
    );
  });

  it("shows the first ten errors in its message and its stack, and has all as a property", () => {
    const error = new WorkersFailedError(
      failures(10_000, () => "x".repeat(60_000)),
      "worker",
    );
    expect(error.errors).to.have.length(10_000);
    expect(error.workers).to.have.length(10_000);
    const lines = error.message.split("\n");
    expect(
      new WorkersFailedError(
        error.errors.slice(0, 10).map((each) => ({ worker: "x", error: each })),
        "job",
      ).message,
    ).not.to.include(" more");
    expect(lines).to.have.length(12);
    expect(lines[0]).to.equal("10,000 workers failed:");
    expect(lines[1]).to.equal(`  w0: Error: ${"x".repeat(2_000)}… (60000 characters)`);
    expect(lines[11]).to.equal("  and 9,990 more");
    expect(error.stack?.length).to.be.below(40_000);
    expect(inspect(error).length).to.be.below(40_000);
  });

  it("can contain errors with huge messages", () => {
    const error = new WorkersFailedError(
      failures(2, () => "x".repeat(300_000_000)),
      "worker",
    );
    expect(error.message.length).to.be.below(5_000);
    expect(inspect(error).length).to.be.below(40_000);
    expect(error.stack?.length).to.be.below(40_000);
  });

  it("has each error with its stack once in its own stack, which is all that Node prints of it", () => {
    const inner = new Error("no luck", { cause: new TypeError("reset") });
    const error = new WorkersFailedError([commits, { worker: "y", error: inner }], "worker");
    const printed = inspect(error, { customInspect: false });
    for (const text of [inspect(error), printed, error.stack ?? ""]) {
      for (const once of [
        "2 workers failed",
        "github/commits: RangeError: too far",
        "y: Error: no luck",
        "caused by: TypeError: reset",
      ]) {
        expect(text.split(once), once).to.have.length(2);
      }
      expect(text).to.include("workers-failed-error.spec.ts");
    }
    expect(printed).to.match(
      / {2}workers: \[ 'github\/commits', 'y' \],\n {2}\[cause\]: \[Getter\],\n {2}\[errors\]: \[Getter\]\n}$/,
    );
  });

  it("is printed by a crashing process and by console.error, with each error once and without secrets", function () {
    this.timeout(30_000);
    const lib = new URL("../../lib/index.ts", import.meta.url).href;
    const code = `
      import { bootstrap, DeclarativeWorker } from ${JSON.stringify(lib)};
      const secret = "s" + "ecret";
      const fail = async () => { throw Object.assign(new Error("HTTP 503"), { config: { authorization: secret } }); };
      const throwValue = async () => { throw { password: secret }; };
      const logger = { debug() {}, info() {}, warn() {}, error() {} };
      const workers = [new DeclarativeWorker({ name: "a", worker: fail }), new DeclarativeWorker({ name: "b", worker: throwValue })];
      const runner = bootstrap(workers, { logger });
      await runner.run().catch(console.error);
      console.error("=====");
      await runner.run();`;
    const { stderr, status } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", code], {
      encoding: "utf8",
    });
    expect(status, stderr).to.equal(1);
    const printed = stderr.split("=====\n");
    expect(printed).to.have.length(2);
    for (const text of printed) {
      expect(text).not.to.include("secret");
      expect(text).not.to.match(/ at .*lib\/(workers|context|runner)\//);
      for (const once of ["2 workers failed", "a: Error: HTTP 503", "b threw an object with the key password"]) {
        expect(text.split(once), `${once} in ${text}`).to.have.length(2);
      }
    }
  });
});

function failures(count: number, message: () => string): { worker: string; error: Error }[] {
  return Array.from({ length: count }, (_, index) => ({ worker: `w${index}`, error: new Error(message()) }));
}
