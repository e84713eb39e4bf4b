import { readFileSync } from "node:fs";
import { expect } from "chai";
import { lintRules } from "../../lib/cli/lints.js";
import { app, expectGolden, watchbill } from "./command.fixture.js";
import { CommandProcess } from "./process.fixture.js";

const commands = [
  "list",
  "next",
  "check",
  "plan",
  "run",
  "once",
  "status",
  "trigger",
  "pause",
  "resume",
  "restart",
  "top",
  "completion",
];

describe("watchbill", () => {
  afterEach(() => CommandProcess.killAll());

  it("prints its help, with all commands and exit codes", async () => {
    const { code, stdout } = await watchbill(["--help"]);
    expect(code).to.equal(0);
    expectGolden("help.txt", stdout);
    for (const command of commands) expect(stdout).to.match(new RegExp(`^ {2}${command}\\b`, "m"));
  });

  for (const command of commands) {
    it(`prints the help of ${command}, with an example and the exit codes`, async () => {
      const { code, stdout } = await watchbill([command, "--help"]);
      expect(code).to.equal(0);
      expect(stdout)
        .to.match(new RegExp(`^Usage: watchbill ${command} `))
        .and.match(new RegExp(`^Examples:\\n(?:.*\\n)*? *.*watchbill ${command}`, "m"))
        .and.include("Exit codes: 0 success");
      for (const line of stdout.split("\n")) expect(line.length).to.be.at.most(130);
    });
  }

  it("prints its version", async () => {
    const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await watchbill(["--version"])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("exits with 2 without a command", async () => {
    const { code, stdout, stderr } = await watchbill([]);
    expect([code, stdout]).to.deep.equal([2, ""]);
    expect(stderr).to.match(/^Usage: watchbill/);
  });

  it("names the nearest command or option of one that is misspelt, and exits with 2", async () => {
    for (const [args, message] of [
      [["lst"], "error: unknown command 'lst'\n(Did you mean list?)\n"],
      [["list", "--jsn"], "error: unknown option '--jsn'\n(Did you mean --json?)\n"],
      [["next"], "error: missing required argument 'pattern-or-module'\n"],
      [["once", app], "error: missing required argument 'worker'\n"],
      [["run", app, "--dashboard", "70000"], "argument '70000' is invalid. Use a port from 0 to 65535; without one, write"],
      [["completion", "tcsh"], "There is no completion for tcsh: use bash, zsh or fish\n"],
    ] as const) {
      const { code, stdout, stderr } = await watchbill(args);
      expect([code, stdout], args.join(" ")).to.deep.equal([2, ""]);
      expect(stderr).to.include(message);
    }
  });

  it("ends quietly if the reader of its output has left", async () => {
    const command = new CommandProcess(["completion", "fish"]);
    command.closeStdout();
    expect(await command.ended, command.stderr).to.equal(0);
    expect(command.stderr).to.equal("");
  }).timeout("30s");

  describe("docs/command-line.md", () => {
    const page = readFileSync("docs/command-line.md", "utf8");

    for (const name of ["list-running", "next-spring", "check-lints", "plan", "status", "pause"]) {
      it(`shows what is printed: ${name}`, () => {
        const printed = readFileSync(`spec/cli/golden/${name}.txt`, "utf8").replaceAll("…/", "");
        expect(page)
          .to.match(/^\$ watchbill /m)
          .and.include(`\n${printed}\`\`\``);
      });
    }

    it("has every command, and an entry for every lint", () => {
      for (const command of commands) expect(page).to.include(`\`${command}`);
      for (const rule of lintRules) expect(page).to.include(`| \`${rule}\` |`);
    });
  });
});
