import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";

/** A child process, its output so far, and its exit. */
class Child {
  stdout = "";
  stderr = "";
  readonly process: ChildProcess;
  readonly #exit: Promise<unknown[]>;

  constructor(scenario: string) {
    this.process = spawn(process.execPath, ["--import", "tsx", "spec/runner/process.fixture.ts", scenario]);
    this.process.stdout?.on("data", (data) => (this.stdout += data));
    this.process.stderr?.on("data", (data) => (this.stderr += data));
    this.#exit = once(this.process, "close");
  }

  async printed(text: string): Promise<void> {
    while (!this.stdout.includes(text) && this.process.exitCode === null) await once(this.process.stdout ?? this.process, "data");
  }

  /** The exit code, or the signal that killed the process, which is a failure. */
  async exit(): Promise<unknown> {
    const [code, signal] = await this.#exit;
    return code ?? signal;
  }
}

/** A further signal belongs to the same request for up to 500 ms after the first. */
const afterEcho = () => new Promise((resolve) => setTimeout(resolve, 600));

/** The log lines, without times and fields. */
const linesOf = (stderr: string) => stderr.split("\n").map((line) => line.replace(/^\S+Z /, "").replace(/ \([^)]*\)$/, ""));

describe("A process", function () {
  this.timeout(30_000);

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`is kept alive by its workers, and exits with 0 once ${signal} has stopped them`, async () => {
      const child = new Child("service");
      await child.printed("ready");
      child.process.kill(signal);
      expect(await child.exit()).to.equal(0);
      expect(child.stdout).to.equal("ready\nstopped\n");
      expect(linesOf(child.stderr)).to.deep.equal([
        "INFO started 1 worker",
        `INFO ${signal}: stopping; a further signal exits at once`,
        "INFO stopped",
        "",
      ]);
    });

    it(`exits immediately on a second ${signal}, and logs the unfinished workers`, async () => {
      const child = new Child("stubborn");
      await child.printed("ready");
      child.process.kill(signal);
      await child.printed("stopping");
      await afterEcho();
      child.process.kill(signal);
      expect(await child.exit()).to.equal(signal === "SIGINT" ? 130 : 143);
      expect(child.stderr).to.match(
        new RegExp(`ERROR ${signal} again: exiting at once; these workers had not stopped: acme/ignore\n$`),
      );
    });
  }

  it("exits when a worker loops around wait without reading its signal", async () => {
    const child = new Child("polling");
    await child.printed("ready");
    child.process.kill("SIGTERM");
    expect(await child.exit()).to.equal(0);
    expect(child.stdout).to.equal("ready\nstopped\n");
  });

  for (const signals of [
    ["SIGINT", "SIGINT"],
    ["SIGTERM", "SIGTERM"],
    ["SIGINT", "SIGTERM"],
    ["SIGTERM", "SIGINT", "SIGTERM"],
  ] as const) {
    it(`handles ${signals.join(" and ")} within 40 ms as one request to stop, and shuts down in order`, async () => {
      const child = new Child("draining");
      await child.printed("ready");
      for (const signal of signals) {
        child.process.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 40 / signals.length));
      }
      expect(await child.exit()).to.equal(0);
      expect(child.stdout).to.equal("ready\nstopping\ndrained\nstopped\n");
      expect(linesOf(child.stderr).filter((line) => line.includes("stopping"))).to.deep.equal([
        `INFO ${signals[0]}: stopping; a further signal exits at once`,
      ]);
    });
  }

  it("does not crash on the failure of a triggered run whose promise is not handled", async () => {
    const child = new Child("triggered");
    expect(await child.exit(), child.stderr).to.equal(0);
    expect(child.stdout).to.equal("stopped\n");
    expect(linesOf(child.stderr)).to.include("WARN acme/fail: failed (attempt 1), restarting in 1h, next run in 2h");
  });

  it("counts signals of different kinds together", async () => {
    const child = new Child("stubborn");
    await child.printed("ready");
    child.process.kill("SIGTERM");
    await child.printed("stopping");
    await afterEcho();
    child.process.kill("SIGINT");
    expect(await child.exit()).to.equal(130);
  });

  it("exits with 1 after the shutdown timeout, names the workers that hang, and does not wait for them", async () => {
    const child = new Child("hanging");
    await child.printed("ready");
    child.process.kill("SIGTERM");
    expect(await child.exit()).to.equal(1);
    expect(child.stderr).to.include("ShutdownTimeoutError: 1 worker did not stop within 50ms: acme/ignore.");
  });

  for (const scenario of ["failing", "unawaited"]) {
    it(`exits with 1 and names every failed worker, if run() rejects: ${scenario}`, async () => {
      const child = new Child(scenario);
      expect(await child.exit()).to.equal(1);
      expect(child.stdout).to.equal("");
      const [, printed = ""] = child.stderr.split("WorkersFailedError: 2 workers failed\n");
      for (const once of ["  acme/read: Error: disk full\n", "  acme/write: Error: cannot flush\n"]) {
        expect(printed.split(once), once).to.have.length(2);
      }
      expect(printed).to.include("caused by: Error: no space left on /var");
    });
  }

  it("continues when its stderr is closed", async () => {
    const child = new Child("noisy");
    child.process.stderr?.destroy();
    await child.printed("ready");
    child.process.kill("SIGTERM");
    expect(await child.exit()).to.equal(0);
    expect(child.stdout).to.equal("ready\nstopped\n");
  });

  it("logs failures to stderr by default: worker, attempt, delay, and the error with its stack and its cause", async () => {
    const child = new Child("retried");
    expect(await child.exit()).to.equal(0);
    const lines = linesOf(child.stderr);
    expect(lines.slice(0, 2)).to.deep.equal(["INFO started 1 worker", "WARN acme/read: failed (attempt 1), restarting in 1ms"]);
    expect(lines[2]).to.equal("    Error: attempt 0 failed\\x1b[31m");
    expect(child.stderr).to.match(/\n {8}at .*process\.fixture\.ts/);
    expect(child.stderr).to.include("caused by: Error: no route");
    // The repeated failure is logged at level debug, which does not go to stderr.
    expect(child.stderr).not.to.include("attempt 2");
  });
});
