import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { expect } from "chai";

async function run(...args: string[]): Promise<{ stdout: string; exit: unknown }> {
  const child = spawn(process.execPath, ["--import", "tsx", "spec/runner/process-signals.fixture.ts", ...args]);
  let stdout = "";
  child.stdout.on("data", (data) => (stdout += data));
  const [code, signal]: unknown[] = await once(child, "close");
  return { stdout, exit: code ?? signal };
}

describe("The signals of a process with fake timers that were installed before the library was loaded", function () {
  this.timeout(30_000);

  it("are handled for 500 ms of real time after the first, without keeping the process alive", async () => {
    expect(await run()).to.deep.equal({
      stdout: JSON.stringify({ listeners: 1, timers: 0, listenersAfterEcho: 0 }),
      exit: 0,
    });
  });

  it("exit the process when a second one arrives after that", async () => {
    expect(await run("stubborn")).to.deep.equal({ stdout: "", exit: 128 + constants.signals.SIGUSR2 });
  });
});
