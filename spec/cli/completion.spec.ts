import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { Folder, watchbill } from "./command.fixture.js";

function exists(shell: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${shell}`]).status === 0;
}

describe("watchbill completion", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => folder.remove());

  async function script(shell: string): Promise<string> {
    const { code, stdout } = await watchbill(["completion", shell]);
    expect(code).to.equal(0);
    return folder.write(`watchbill.${shell}`, stdout);
  }

  /** What bash proposes for the last of these words. */
  async function complete(...words: string[]): Promise<string[]> {
    const file = await script("bash");
    const program = `
      source ${file}
      complete -p watchbill >&2
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _watchbill; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", program, "bash", "watchbill", ...words], {
      encoding: "utf8",
    });
    expect([status, stderr]).to.deep.equal([0, "complete -o default -F _watchbill watchbill\n"]);
    return stdout.split("\n").filter((line) => line !== "");
  }

  it("completes commands in bash", async () => {
    expect(await complete("re")).to.deep.equal(["resume", "restart"]);
    expect(await complete("")).to.include.members([
      "list",
      "next",
      "check",
      "run",
      "once",
      "status",
      "top",
      "completion",
      "help",
    ]);
  });

  it("completes the options of a command in bash", async () => {
    expect(await complete("pause", "--")).to.deep.equal(["--json", "--socket", "--url", "--token", "--reason", "--help"]);
    expect(await complete("check", "app.ts", "--m")).to.deep.equal(["--max-at-once"]);
  });

  it("leaves files to bash", async () => {
    expect(await complete("list", "ap")).to.deep.equal([]);
  });

  for (const shell of ["bash", "zsh", "fish"]) {
    it(`prints a script for ${shell} with all commands${exists(shell) ? ", which the shell can read" : ""}`, async () => {
      const file = await script(shell);
      const { stdout } = await watchbill(["completion", shell]);
      for (const command of ["list", "restart", "completion"]) expect(stdout).to.include(command);
      if (exists(shell)) expect(spawnSync(shell, ["-n", file], { encoding: "utf8" }).stderr).to.equal("");
    });
  }
});
