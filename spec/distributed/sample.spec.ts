import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { postgres } from "./postgres-server.fixture.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The sample as users run it: by npm, in its own process group, as in a terminal. */
class FleetSample {
  stdout = "";
  stderr = "";
  /** Resolves to the exit code, or the signal that killed it, once all output has been read. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Its temporary folder. */
  readonly #folder = mkdtempSync(join(tmpdir(), "watchbill-sample-"));
  /** In the environment of all its processes, in whichever process group. */
  readonly #mark = `WATCHBILL_SAMPLE=${randomUUID()}`;
  readonly #child: ChildProcess;

  constructor() {
    const [name = "", value] = this.#mark.split("=");
    const env = { ...process.env, NODE_V8_COVERAGE: undefined, TMPDIR: this.#folder, [name]: value };
    // Postgres does not run as root, and needs access to its files.
    chmodSync(this.#folder, 0o711);
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    const child = spawn("npm", ["run", "--silent", "fleet"], { cwd: root, env, detached: true, stdio });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code ?? signal));
    });
  }

  /** Waits for output; the test's timeout is the limit. */
  async prints(pattern: RegExp): Promise<void> {
    await this.#until(() => pattern.test(this.stdout));
  }

  /** Waits until its Postgres has created a file. */
  async makes(path: string): Promise<void> {
    await this.#until(() => this.leftFiles.some((name) => existsSync(join(this.#folder, name, path))));
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { exitCode } = this.#child;
      if (exitCode !== null)
        throw new Error(`It ended with ${exitCode} before. stdout:\n${this.stdout}\nstderr:\n${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Signals the whole process group, as a terminal does on Ctrl-C or when it is closed, and as `timeout` does. */
  signalAll(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended.
    }
  }

  /** Signals npm only, as `kill` does. */
  signalNpm(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills what a failed test may have left running. */
  dispose(): void {
    this.signalAll("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** The rows of the table, cell by cell. */
  get rows(): string[][] {
    const lines = this.stdout.split("\n").filter((line) => /^ *\d+ │/.test(line));
    return lines.map((line) => line.split("│").map((cell) => cell.trim()));
  }

  /** The files in its temporary folder, without the cache of tsx. */
  get leftFiles(): string[] {
    return readdirSync(this.#folder).filter((name) => !name.startsWith("tsx-"));
  }

  /** Its processes that still run, found by their environment and process group. */
  get left(): string[] {
    const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
    return pids.filter((pid) => this.#isOurs(pid)).map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
  }

  #isOurs(pid: string): boolean {
    // The fields after the name, which may contain any characters: state, parent, group.
    const [state, , group] = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    if (state === "Z") return false;
    return group === `${this.#child.pid}` || read(`/proc/${pid}/environ`).split("\0").includes(this.#mark);
  }
}

/** Returns an empty string if the file is gone or not readable. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

describe("The sample with replicas", function () {
  this.timeout("150s");

  let sample: FleetSample;

  before(async function () {
    // Needed to find processes that are left.
    if (!existsSync("/proc/self/environ")) this.skip();
    await postgres.requireFor(this);
  });
  beforeEach(() => {
    sample = new FleetSample();
  });
  afterEach(() => sample.dispose());

  function expectNothingLeft(): void {
    expect(sample.left).to.deep.equal([]);
    expect(sample.leftFiles).to.deep.equal([]);
    expect(sample.stderr).to.equal("");
    expect(showsPassword(sample.stdout)).to.equal(false);
  }

  it("runs each second once, and moves a worker when its replica is killed or stopped", async () => {
    expect(await sample.ended, sample.stderr).to.equal(0);

    expect(sample.rows.filter((row) => row.filter((cell) => cell.startsWith("charge")).length > 1)).to.deep.equal([]);
    expect(sample.stdout).to.match(/^chargeAll .* 0 duplicates/m);
    const [, watchers = ""] = /^watchPayments +(.*); never two at once$/m.exec(sample.stdout) ?? [];
    const numbers = [...watchers.matchAll(/replica (\d)/g)].map(([, number]) => number);
    expect(numbers, sample.stdout).to.have.members(["1", "2", "3"]);
    expect(sample.stdout).to.include(`replica ${numbers[0]} has watchPayments, and is killed`);
    expect(sample.stdout).to.include(`replica ${numbers[1]} has taken over`);
    expect(sample.stdout).to.include(`replica ${numbers[1]} has watchPayments, and is stopped`);
    expect(sample.stdout).to.include(`replica ${numbers[2]} has taken over`);
    const [, table = ""] = /^second │.*\n((?:.+\n)*)/m.exec(sample.stdout) ?? [];
    // Table rows, with log lines in between.
    expect(table.split("\n").filter((line) => !/^([ \d]{7}│ |$)/.test(line))).to.deep.equal([]);
    expect(table).to.match(/^ {7}│ replica \d: billing\/watchPayments stalled on its replica; requeued/m);
    expectNothingLeft();
  });

  it("stops everything on Ctrl-C", async () => {
    await sample.prints(/^ +0 │/m);
    expect(sample.left).to.not.be.empty;
    sample.signalAll("SIGINT");
    expect(await sample.ended, sample.stderr).to.equal(0);
    expect(sample.stdout).to.match(/^chargeAll .* 0 duplicates/m);
    expectNothingLeft();
  });

  const stages = [
    ["while the programs of Postgres are copied", "programs"],
    ["while initdb runs", "data/PG_VERSION"],
    ["while Postgres starts", "data/postmaster.pid"],
  ] as const;
  for (const [stage, path] of stages) {
    it(`stops everything on SIGTERM ${stage}`, async () => {
      await sample.makes(path);
      sample.signalNpm("SIGTERM");
      expect(await sample.ended, sample.stderr).to.equal(0);
      expectNothingLeft();
    });
  }

  it("stops everything on SIGHUP, although npm does not pass that on", async () => {
    await sample.makes("data/PG_VERSION");
    sample.signalNpm("SIGHUP");
    expect(await sample.ended).to.equal("SIGHUP");
    expectNothingLeft();
  });

  it("leaves nothing behind even if all its processes are killed", async () => {
    await sample.prints(/^ +0 │/m);
    sample.signalAll("SIGKILL");
    expect(await sample.ended).to.equal("SIGKILL");
    while (sample.left.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expectNothingLeft();
  });
});

/** Whether a text contains credentials: a URL with a user, or a string like the password. */
function showsPassword(text: string): boolean {
  return /:\/\/[^/\s]*@|[0-9a-f]{24}/.test(text);
}
