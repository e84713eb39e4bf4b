import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { ScratchFolder } from "../../samples/fleet/scratch-folder.js";
import { TiedProcess } from "../../samples/fleet/tied-process.js";

const cwd = tmpdir();

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("TiedProcess", () => {
  it("has the exit code and the output of the program", async () => {
    const tied = new TiedProcess("sh", ["-c", "echo out of luck >&2; exit 3"], { cwd });
    expect(await tied.exited).to.equal(3);
    expect(tied.output).to.equal("out of luck\n");
  });

  it("exits with an error if the program or the folder does not exist", async () => {
    const absent = new TiedProcess("/nowhere/postgres", [], { cwd });
    expect(await absent.exited).to.equal(127);
    expect(absent.output).to.include("/nowhere/postgres");
    const homeless = new TiedProcess("true", [], { cwd: "/nowhere" });
    expect(await homeless.exited).to.equal(null);
    expect(homeless.output).to.include("ENOENT");
  });

  it("waits for output of the program, or rejects with what it wrote instead", async () => {
    const code =
      "process.on('SIGINT', () => process.exit(5)); setInterval(() => {}, 1000); console.error('rea'); console.error('dy')";
    const tied = new TiedProcess(process.execPath, ["-e", code], { cwd });
    await tied.writes("rea\ndy");
    await tied.writes("rea");
    await tied.end();
    expect(await tied.exited).to.equal(5);
    let thrown: unknown;
    await new TiedProcess("sh", ["-c", "echo out of luck >&2"], { cwd })
      .writes("ready")
      .catch((error: unknown) => (thrown = error));
    expect(thrown).to.be.an("error").with.property("message", "out of luck");
  });

  it("keeps no more than the last 10,000 characters of the output", async () => {
    const tied = new TiedProcess(process.execPath, ["-e", "console.error('x'.repeat(1_000_000) + 'end')"], { cwd });
    await tied.exited;
    expect(tied.output).to.have.length(10_000);
    expect(tied.output.endsWith("end\n")).to.equal(true);
  });
});

describe("A program and a folder that are tied to a process", function () {
  this.timeout(30_000);
  const ends: readonly [string, NodeJS.Signals | undefined][] = [
    ["exits on its own, as they do not keep it alive", undefined],
    ["is killed", "SIGKILL"],
  ];
  for (const [how, signal] of ends) {
    it(`are gone after it ${how}`, async () => {
      const code = `
        import { ScratchFolder } from ${JSON.stringify(new URL("../../samples/fleet/scratch-folder.ts", import.meta.url).href)};
        import { TiedProcess } from ${JSON.stringify(new URL("../../samples/fleet/tied-process.ts", import.meta.url).href)};
        const folder = new ScratchFolder("watchbill-spec-");
        const child = "process.on('SIGINT', () => process.exit()); setInterval(() => {}, 1000); console.error('pid ' + process.pid + '.');";
        const tied = new TiedProcess(process.execPath, ["-e", child], { cwd: folder.path });
        await tied.writes(".");
        console.log(JSON.stringify([folder.path, Number(tied.output.slice(4, -2))]));
        ${signal === undefined ? "tied.unref();" : "setInterval(() => {}, 1000);"}`;
      const args = ["--import", "tsx", "--input-type=module", "-e", code];
      const root = fileURLToPath(new URL("../..", import.meta.url));
      const env = { ...process.env, NODE_V8_COVERAGE: undefined };
      const parent = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
      const exited = once(parent, "exit");
      const [line] = await once(parent.stdout, "data");
      const [folder, pid]: [string, number] = JSON.parse(String(line));
      if (signal !== undefined) {
        expect([existsSync(folder), isAlive(pid)]).to.deep.equal([true, true]);
        parent.kill(signal);
      }
      expect(await exited).to.deep.equal(signal === undefined ? [0, null] : [null, signal]);
      // This test's timeout is the limit.
      while (existsSync(folder) || isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
    });
  }

  it("are gone after they were removed", async () => {
    const folder = new ScratchFolder("watchbill-spec-");
    expect(realpathSync(folder.path)).to.include("watchbill-spec-");
    await Promise.all([folder.remove(), folder.remove()]);
    await folder.remove();
    expect(existsSync(folder.path)).to.equal(false);
  });
});
