import { existsSync, mkdirSync, readdirSync, renameSync, statSync, unlinkSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { findSockets } from "../../lib/cli/sockets.js";
import { Folder, root, useEnvironment, watchbill } from "./command.fixture.js";
import { CommandProcess } from "./process.fixture.js";

const counter = "spec/cli/modules/counter.ts";

describe("watchbill run", function () {
  this.timeout("60s");

  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });
  useEnvironment(() => ({ XDG_RUNTIME_DIR: folder.path, TZ: "Europe/Berlin" }));
  afterEach(() => {
    CommandProcess.killAll();
    folder.remove();
  });

  function start(...args: string[]): CommandProcess {
    return new CommandProcess(args, { env: { XDG_RUNTIME_DIR: folder.path } });
  }

  /** Waits until a process runs its workers and can be reached. Returns the path of its socket. */
  async function socketOf(command: CommandProcess): Promise<string> {
    await command.prints("tick");
    const path = join(folder.path, "watchbill", `${command.pid}.sock`);
    for (const deadline = Date.now() + 10_000; !existsSync(path) && Date.now() < deadline; )
      await new Promise((resolve) => setTimeout(resolve, 10));
    return path;
  }

  /** The output of another command. */
  async function outputOf(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await watchbill(args);
    expect(code, stderr).to.equal(0);
    return stdout;
  }

  /** The log without the times. */
  function logOf({ stderr }: CommandProcess): string[] {
    const lines = stderr.trimEnd().split("\n");
    return lines.map((line) => line.replace(/^\S+Z /, ""));
  }

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`runs the workers of a module until ${signal}, exits with 0, and removes its socket`, async () => {
      const command = start("run", counter);
      const socket = await socketOf(command);
      const sockets = dirname(socket);
      expect(statSync(sockets).mode & 0o777).to.equal(0o700);
      expect(statSync(socket).mode & 0o777).to.equal(0o600);
      command.kill(signal);
      expect(await command.ended, command.stderr).to.equal(0);
      expect(logOf(command)).to.deep.equal([
        "INFO started 2 workers",
        `INFO ${signal}: stopping; a further signal exits at once`,
        "INFO stopped",
      ]);
      expect(readdirSync(sockets)).to.deep.equal([]);
    });
  }

  it("is controlled by the other commands, which name their user", async () => {
    const command = start("run", counter);
    await socketOf(command);
    expect(await outputOf("pause", "counter/*", "--reason", "maintenance")).to.equal(
      "paused counter/ticks\npaused counter/stays\n",
    );
    const { workers }: { workers: { name: string; phase: string; pause: { by: string; reason: string } }[] } = JSON.parse(
      await outputOf("status", "counter/ticks", "--json"),
    );
    expect(workers).to.have.length(1);
    expect(workers[0]).to.deep.include({ phase: "paused" });
    expect(workers[0]?.pause).to.include({ reason: "maintenance" });
    expect(workers[0]?.pause.by).to.not.equal("dashboard");
    expect(await outputOf("list", counter)).to.match(/^counter\/ticks .* paused by \S+: maintenance$/m);
    expect(await outputOf("trigger", "counter/ticks")).to.equal("triggered counter/ticks\n");
    expect(await outputOf("resume", "counter/ticks")).to.equal("resumed counter/ticks\n");
    const refused = await watchbill(["trigger", "counter/stay"]);
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.equal('There is no worker "counter/stay": did you mean counter/stays?\n');
    const continuous = await watchbill(["trigger", "counter/stays"]);
    expect(continuous.code).to.equal(1);
    expect(continuous.stderr).to.match(/^counter\/stays was not triggered: /);
    command.kill("SIGTERM");
    expect(await command.ended).to.equal(0);
  });

  it("has to be chosen if two run, and its socket is removed if it was killed", async () => {
    const [first, second] = [start("run", counter), start("run", counter)];
    await Promise.all([socketOf(first), socketOf(second)]);
    const ambiguous = await watchbill(["status"]);
    expect(ambiguous.code).to.equal(2);
    for (const { pid } of [first, second])
      expect(ambiguous.stderr).to.include(`${pid}  --socket ${folder.path}/watchbill/${pid}.sock`);
    first.kill("SIGKILL");
    await first.ended;
    expect(await outputOf("status")).to.include(`pid ${second.pid}: running`);
    expect(readdirSync(join(folder.path, "watchbill"))).to.deep.equal([`${second.pid}.sock`]);
    second.kill("SIGTERM");
    expect(await second.ended).to.equal(0);
  });

  it("is found as soon as it listens on its socket, which no command removes while it starts", async () => {
    const command = start("run", counter);
    const socket = await socketOf(command);
    command.kill("SIGKILL");
    await command.ended;
    // A socket on which nothing listens, and whose name is the pid of a process that runs: this one.
    const own = join(dirname(socket), `${process.pid}.sock`);
    renameSync(socket, own);
    const finding = findSockets();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(existsSync(own)).to.equal(true);
    unlinkSync(own);
    const server = createServer().listen(own);
    expect(await finding).to.deep.equal([{ pid: process.pid, path: own }]);
    server.close();
  });

  it("runs the workers that --only and --except leave", async () => {
    const only = start("run", counter, "--only", "counter/s*", "--only", "counter/t*", "--except", "counter/ticks");
    await only.prints("started 1 worker");
    only.kill("SIGTERM");
    expect(await only.ended).to.equal(0);
    expect(only.stdout).to.equal("");
    for (const [args, message] of [
      [["--only", "counter/tick"], 'There is no worker "counter/tick": did you mean counter/ticks or counter/stays?\n'],
      [["--except", "counter/tick"], 'There is no worker "counter/tick": did you mean counter/ticks or counter/stays?\n'],
      [["--only", "cuonter/*"], 'The option only: "cuonter/*" names no worker; there are counter/ticks, counter/stays\n'],
    ] as const) {
      const misspelt = await watchbill(["run", counter, ...args]);
      expect(misspelt.code).to.equal(2);
      expect(misspelt.stderr).to.equal(message);
    }
  });

  it("opens no socket with --no-socket", async () => {
    const command = start("run", counter, "--no-socket");
    await command.prints("tick");
    expect(existsSync(join(folder.path, "watchbill"))).to.equal(false);
    command.kill("SIGTERM");
    expect(await command.ended).to.equal(0);
  });

  it("runs without a socket if the folder for it is not safe, and says so", async () => {
    mkdirSync(join(folder.path, "watchbill"));
    const command = start("run", counter);
    await command.prints("tick");
    await command.prints("the socket for the command watchbill: The folder");
    command.kill("SIGTERM");
    expect(await command.ended).to.equal(0);
    expect(command.stderr).to.include("is open to other users, so its sockets are not safe: chmod 700 it");
  });

  it("serves the page with --dashboard", async () => {
    const command = start("run", counter, "--dashboard", "0");
    await socketOf(command);
    await command.prints("dashboard: listening on ");
    const [, url = ""] = /listening on (http:\S+)/.exec(command.stderr) ?? [];
    const { workers }: { workers: { name: string }[] } = JSON.parse(await (await fetch(`${url}api/status`)).text());
    expect(workers.map(({ name }) => name)).to.deep.equal(["counter/ticks", "counter/stays"]);
    const paused = await fetch(`${url}api/workers/counter%2Fticks/pause`, { method: "POST", headers: { "x-watchbill": "1" } });
    expect(paused.status).to.equal(202);
    expect(JSON.parse(await outputOf("status", "counter/ticks", "--json"))).to.have.nested.property(
      "workers[0].pause.by",
      "dashboard",
    );
    command.kill("SIGTERM");
    expect(await command.ended).to.equal(0);
  });

  it("exits with 1 if a worker fails, and says which", async () => {
    const file = folder.write(
      "app.ts",
      `import { Worker } from "watchbill";
      export class Db { @Worker connect() { throw new Error("no route to host"); } }`,
    );
    const command = start("run", file);
    expect(await command.ended).to.equal(1);
    expect(command.stderr).to.match(/\n1 worker failed:\n {2}Db\/connect: Error: no route to host\n$/);
  });

  it("exits with 128 + the number of a second signal, which does not wait for the workers", async () => {
    const file = folder.write(
      "app.ts",
      `import { bootstrap, DeclarativeWorker } from "watchbill";
      export default bootstrap([new DeclarativeWorker({ name: "hangs", worker: () => new Promise(() => {}) })], { signals: [] });`,
    );
    const command = start("run", file);
    await command.prints("started 1 worker");
    command.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 700));
    command.kill("SIGINT");
    expect(await command.ended).to.equal(130);
  });

  it("takes two signals at once for one", async () => {
    const file = folder.write(
      "app.ts",
      `import { bootstrap, DeclarativeWorker, stopped } from "watchbill";
      import { setTimeout } from "node:timers/promises";
      const worker = async ({ signal }) => { await stopped(signal); await setTimeout(200); console.log("stopped in order"); };
      export default bootstrap([new DeclarativeWorker({ name: "slow", worker })], { signals: [] });`,
    );
    const command = start("run", file);
    await command.prints("started 1 worker");
    command.kill("SIGINT");
    command.kill("SIGTERM");
    expect(await command.ended, command.stderr).to.equal(0);
    expect(command.stdout).to.equal("stopped in order\n");
  });

  it("stops when the reader of its output leaves", async () => {
    const command = start("run", counter);
    await command.prints("tick");
    command.closeStdout();
    expect(await command.ended, command.stderr).to.equal(0);
    expect(logOf(command).at(-1)).to.equal("INFO stopped");
  });

  it("ends before it starts a worker if the reader of its output has left while the module was loaded", async () => {
    const file = folder.write(
      "app.ts",
      `import { Worker } from "watchbill";
      import { setTimeout } from "node:timers/promises";
      console.log("imported");
      await setTimeout(100);
      export class Jobs { @Worker job() { throw new Error("it runs"); } }`,
    );
    const command = start("run", file);
    command.closeStdout();
    expect([await command.ended, command.stderr]).to.deep.equal([0, ""]);
  });

  it("lets a module end the process with an exit code of its own, after the help of its arguments for example", async () => {
    const command = start("run", folder.write("app.ts", "process.exit(7);"));
    expect([await command.ended, command.stderr]).to.deep.equal([7, ""]);
  });

  it("starts anew with --watch when a file has changed that the module imports, and stops cleanly", async () => {
    const helper = (word: string): string => `export const word: string = "${word}";`;
    folder.write("helper.ts", helper("first"));
    const file = folder.write(
      "app.ts",
      `import { Worker, stopped } from "watchbill";
      import { word } from "./helper.ts";
      export class App {
        @Worker async says({ signal }) { console.log(word, process.argv.slice(2).join()); await stopped(signal); console.log("stopped", word); }
      }`,
    );
    const command = start("run", file, "--watch", "--no-socket", "--", "--of-the-module");
    await command.prints("first --of-the-module");
    folder.write("helper.ts", helper("second"));
    await command.prints("stopped first");
    await command.prints("second --of-the-module");
    command.kill("SIGTERM");
    expect(await command.ended, command.stderr).to.equal(0);
    expect(command.stdout).to.include("stopped second");
    expect(command.stderr).to.not.include(root);
  });
});
