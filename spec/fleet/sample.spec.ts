import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Run as users do: by npm, in a process group of its own, as a terminal would have it. */
class FleetSample {
  stdout = "";
  stderr = "";
  /** Resolves to the exit code, or the signal that killed it, once all output has been read. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** In the environment of all its processes, whatever their group. */
  readonly #mark = `WATCHBILL_SAMPLE=${randomUUID()}`;
  readonly #child: ChildProcess;

  constructor() {
    const [name = "", value] = this.#mark.split("=");
    const env = { ...process.env, NODE_V8_COVERAGE: undefined, [name]: value };
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

  /** The test's timeout is the limit. */
  async prints(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout)) {
      const { exitCode } = this.#child;
      if (exitCode !== null)
        throw new Error(`It ended with ${exitCode} before. stdout:\n${this.stdout}\nstderr:\n${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What Ctrl-C does: the signal goes to the whole group. */
  interrupt(): void {
    this.#signalGroup("SIGINT");
  }

  /** Ends it, should a failed test have left it. */
  kill(): void {
    this.#signalGroup("SIGKILL");
  }

  /** The rows of the table, cell by cell. */
  get rows(): string[][] {
    const lines = this.stdout.split("\n").filter((line) => /^ *\d+ │/.test(line));
    return lines.map((line) => line.split("│").map((cell) => cell.trim()));
  }

  /** The processes that are left, by what is in their environment or in their group. */
  get left(): string[] {
    const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
    return pids.filter((pid) => this.#isOurs(pid)).map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
  }

  #isOurs(pid: string): boolean {
    // After the name, which may have anything in it: state, parent, group.
    const [state, , group] = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    if (state === "Z") return false;
    return group === `${this.#child.pid}` || read(`/proc/${pid}/environ`).split("\0").includes(this.#mark);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended.
    }
  }
}

/** Empty, if it has gone meanwhile or is somebody else's. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

describe("The sample of a fleet", function () {
  this.timeout("150s");

  let sample: FleetSample;

  beforeEach(function () {
    // How it is seen that nothing is left; and the Postgres that comes from npm is that of Linux.
    if (!existsSync("/proc/self/environ")) this.skip();
    sample = new FleetSample();
  });

  afterEach(() => sample.kill());

  it("runs each second once, and has others take over from who is killed and who is stopped", async () => {
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
    expect(sample.left).to.deep.equal([]);
    expect(showsPassword(sample.stdout + sample.stderr)).to.equal(false);
  });

  it("stops everything on Ctrl-C", async () => {
    await sample.prints(/^ +1 │/m);
    expect(sample.left).to.not.be.empty;
    sample.interrupt();
    expect(await sample.ended, sample.stderr).to.equal(0);
    expect(sample.stdout).to.match(/^chargeAll .* 0 duplicates/m);
    expect(sample.left).to.deep.equal([]);
    expect(showsPassword(sample.stdout + sample.stderr)).to.equal(false);
  });
});

/** Whether there are credentials in a text: a URL with some, or what the password looks like. */
function showsPassword(text: string): boolean {
  return /:\/\/[^/\s]*@|[0-9a-f]{24}/.test(text);
}
