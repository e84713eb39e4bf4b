import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { expectGolden, Folder, thursday, useEnvironment, watchbill } from "./command.fixture.js";
import { answerJson, type FakeProcess, fakeProcess, row, statusOf } from "./fake-process.fixture.js";

const uid = process.getuid?.();
const isRoot = uid === 0;
const secret = "a-token-that-is-secret";

describe("Commands of watchbill to a running process", () => {
  let folder: Folder;
  const fakes: FakeProcess[] = [];

  beforeEach(() => {
    folder = new Folder();
  });
  useEnvironment(() => ({ TZ: "Europe/Berlin", XDG_RUNTIME_DIR: folder.path }));
  afterEach(async () => {
    for (const fake of fakes.splice(0)) await fake.close();
    folder.remove();
  });

  const workers = [
    row("github/commits"),
    row("github/issues", { phase: "backoff", health: "firing", failures: 2, attempt: 2, lastError: "Error: HTTP 503" }),
    row("github/tags", { phase: "backoff", health: "ok", attempt: 1, lastError: "Error: HTTP 502" }),
    row("reports/daily", { phase: "paused", pause: { since: 0, by: null, reason: "maintenance" }, missed: 1 }),
    row("reports/new", { health: "init", runs: 0, lastStart: null, lastDuration: null }),
  ];

  function socketFolder(): string {
    return join(folder.path, "watchbill");
  }

  function answer(pid: number) {
    return answerJson(200, statusOf(workers, thursday, pid));
  }

  async function listen(pid: number, answers = answer(pid)): Promise<FakeProcess> {
    const fake = await fakeProcess({ folder: socketFolder(), pid }, answers);
    fakes.push(fake);
    return fake;
  }

  /** Leaves a socket behind, as a process that is killed does. */
  async function leaveSocket(path: string): Promise<void> {
    const code = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("listening"))`;
    const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "close");
    expect(existsSync(path)).to.equal(true);
  }

  describe("status", () => {
    it("shows the process and its workers", async () => {
      await listen(4711);
      const { code, stdout, stderr } = await watchbill(["status"]);
      expect([code, stderr]).to.deep.equal([0, ""]);
      expectGolden("status.txt", stdout);
    });

    it("shows the workers that match, and names the nearest if none does", async () => {
      await listen(4711);
      const { stdout } = await watchbill(["status", "github/*s", "--json"]);
      const shown: { process: { pid: number }; workers: { name: string }[] } = JSON.parse(stdout);
      expect(shown.process.pid).to.equal(4711);
      expect(shown.workers.map(({ name }) => name)).to.deep.equal(["github/commits", "github/issues", "github/tags"]);
      const { code, stderr } = await watchbill(["status", "github/tag"]);
      expect([code, stderr]).to.deep.equal([2, 'There is no worker "github/tag": did you mean github/tags?\n']);
    });
  });

  it("escape what would drive the terminal, in tables and in errors", async () => {
    await listen(1, answerJson(200, statusOf([row("a\u001b[2J", { lastError: "\u009b31m", health: "firing" })], thursday)));
    for (const args of [["status"], ["list"], ["status", "b"]]) {
      const { stdout, stderr } = await watchbill(args);
      expect(stdout + stderr).to.include("a\\u001b[2J");
      expect(stdout + stderr)
        .to.not.include("\u001b")
        .and.not.include("\u009b");
    }
  });

  describe("trigger, pause, resume and restart", () => {
    it("send patterns and the reason, and print what was accepted and what was not", async () => {
      const result = {
        command: "pause",
        workers: ["github/commits"],
        refused: [{ worker: "github/x", error: "it has stopped" }],
      };
      const fake = await listen(1, answerJson(202, result));
      const { code, stdout, stderr } = await watchbill(["pause", "github/*", "a b", "--reason", "too much & more"]);
      expect([code, stderr]).to.deep.equal([1, "github/x was not paused: it has stopped\n"]);
      expectGolden("pause.txt", stdout);
      expect(fake.requests).to.deep.equal(["POST /api/commands/pause?match=github%2F*&match=a+b&reason=too+much+%26+more"]);
      expect(fake.headers).to.include({ "x-watchbill": "1" });
    });

    for (const [command, word] of [
      ["trigger", "triggered"],
      ["resume", "resumed"],
      ["restart", "restarted"],
    ] as const) {
      it(`${command} exits with 0 if all was accepted`, async () => {
        const fake = await listen(1, answerJson(202, { command, workers: ["github/commits"], refused: [] }));
        expect(await watchbill([command, "github/commits"])).to.deep.equal({
          code: 0,
          stdout: `${word} github/commits\n`,
          stderr: "",
        });
        expect(fake.requests).to.deep.equal([`POST /api/commands/${command}?match=github%2Fcommits`]);
        const { stdout } = await watchbill([command, "github/commits", "--json"]);
        expect(JSON.parse(stdout)).to.deep.equal({ command, workers: ["github/commits"], refused: [] });
      });
    }

    it("exit with 2 if no worker matches, and with 4 if the process does not allow it", async () => {
      await listen(1, answerJson(404, { error: 'There is no worker "x": did you mean y?', nearest: ["y"] }));
      expect(await watchbill(["trigger", "x"])).to.deep.include({ code: 2, stderr: 'There is no worker "x": did you mean y?\n' });
      await fakes.pop()?.close();
      await listen(1, answerJson(403, { error: "You may not trigger workers" }));
      expect(await watchbill(["trigger", "x"])).to.deep.include({ code: 4, stderr: "You may not trigger workers\n" });
    });
  });

  describe("the process", () => {
    it("is found by itself if it is the only one", async () => {
      await listen(77);
      expect((await watchbill(["status"])).code).to.equal(0);
    });

    it("has to be chosen if there are several", async () => {
      await listen(12);
      await listen(3);
      const { code, stdout, stderr } = await watchbill(["status"]);
      expect([code, stdout]).to.deep.equal([2, ""]);
      expectGolden("several.txt", stderr.replaceAll(folder.path, "…"));
      const chosen = await watchbill(["status", "--socket", join(socketFolder(), "12.sock")]);
      expect(chosen.stdout).to.match(/^web-1 pid 12:/);
    });

    it("is missed with a sentence that says how to open a socket", async () => {
      const { code, stderr } = await watchbill(["status"]);
      expect(code).to.equal(4);
      expect(stderr).to.match(
        /^No process of this user has a socket: start it with watchbill run, add dashboard\(runner\)\.listen/,
      );
    });

    it("is skipped if it was killed, and its socket is removed", async () => {
      await listen(2);
      const left = join(socketFolder(), "1.sock");
      await leaveSocket(left);
      expect((await watchbill(["status"])).stdout).to.match(/^web-1 pid 2:/);
      expect(existsSync(left)).to.equal(false);
    });

    it("is found if it was started without the XDG_RUNTIME_DIR of the command", async () => {
      process.env.TMPDIR = folder.path;
      fakes.push(await fakeProcess({ folder: join(folder.path, `watchbill-${uid}`), pid: 5 }, answer(5)));
      expect((await watchbill(["status"])).stdout).to.match(/^web-1 pid 5:/);
      await listen(6);
      expect((await watchbill(["status"])).stderr).to.match(/^2 processes of this user have a socket: choose one\n/);
      process.env.XDG_RUNTIME_DIR = "";
      expect((await watchbill(["status"])).stdout).to.match(/^web-1 pid 5:/);
    });

    it("is found although another user has taken the name of the folder for temporary files", async function () {
      if (!isRoot) this.skip();
      process.env.TMPDIR = folder.path;
      mkdirSync(join(folder.path, `watchbill-${uid}`));
      chownSync(join(folder.path, `watchbill-${uid}`), 12_345, 12_345);
      await listen(6);
      expect((await watchbill(["status"])).stdout).to.match(/^web-1 pid 6:/);
      await fakes.pop()?.close();
      const { code, stderr } = await watchbill(["status"]);
      expect(code).to.equal(4);
      expect(stderr).to.match(/^The folder .* belongs to the user 12345, so its sockets are not safe: remove it\n$/);
    });

    it("is not looked for in other files of the folder", async () => {
      await listen(2);
      writeFileSync(join(socketFolder(), "3.sock"), "");
      writeFileSync(join(socketFolder(), "notes.txt"), "");
      expect((await watchbill(["status"])).code).to.equal(0);
      expect(existsSync(join(socketFolder(), "3.sock"))).to.equal(true);
    });

    it("is not that of another user", async function () {
      if (!isRoot) this.skip();
      await listen(2);
      await listen(3);
      chownSync(join(socketFolder(), "3.sock"), 12_345, 12_345);
      expect((await watchbill(["status"])).stdout).to.match(/^web-1 pid 2:/);
      const { code, stderr } = await watchbill(["status", "--socket", join(socketFolder(), "3.sock")]);
      expect(code).to.equal(4);
      expect(stderr).to.match(/^The socket .*3\.sock belongs to the user 12345: run the command as that user\n$/);
    });

    it("is not looked for in a folder of another user, or that others may enter", async function () {
      if (!isRoot) this.skip();
      const fake = await listen(2);
      chownSync(socketFolder(), 12_345, 12_345);
      const foreign = await watchbill(["status"]);
      expect([foreign.code, foreign.stderr]).to.deep.equal([
        4,
        `The folder ${socketFolder()} belongs to the user 12345, so its sockets are not safe: remove it\n`,
      ]);
      chownSync(socketFolder(), 0, 0);
      chmodSync(socketFolder(), 0o750);
      const open = await watchbill(["status"]);
      expect([open.code, open.stderr]).to.deep.equal([
        4,
        `The folder ${socketFolder()} is open to other users, so its sockets are not safe: chmod 700 it\n`,
      ]);
      expect(fake.requests).to.deep.equal([]);
    });

    it("is not looked for in the XDG_RUNTIME_DIR of another user", async function () {
      if (!isRoot) this.skip();
      await listen(2);
      const theirs = join(folder.path, "theirs");
      mkdirSync(theirs);
      chownSync(theirs, 12_345, 12_345);
      process.env.XDG_RUNTIME_DIR = theirs;
      expect((await watchbill(["status"])).code).to.equal(4);
      expect(existsSync(join(theirs, "watchbill"))).to.equal(false);
    });

    it("can be named by its URL, with a token of the environment or an option", async () => {
      const fake = await fakeProcess({ port: 0 }, answerJson(200, statusOf(workers, thursday)));
      fakes.push(fake);
      const url = `http://127.0.0.1:${fake.port}/ops`;
      expect((await watchbill(["status", "--url", url], { env: { WATCHBILL_TOKEN: secret } })).code).to.equal(0);
      expect(fake.requests).to.deep.equal(["GET /ops/api/status"]);
      expect(fake.headers.authorization).to.equal(`Bearer ${secret}`);
      await watchbill(["status", "--url", `${url}/?token=of-the-url`]);
      expect(fake.headers.authorization).to.equal("Bearer of-the-url");
      await watchbill(["status", "--url", url, "--token", "of-the-option"], { env: { WATCHBILL_TOKEN: secret } });
      expect(fake.headers.authorization).to.equal("Bearer of-the-option");
    });

    it("exits with 4 if it cannot be reached or is something else, and never shows a token", async () => {
      const silent = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
      await once(silent, "listening");
      const address = silent.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const other = await fakeProcess({ port: 0 }, (_incoming, response) => response.end("<html>"));
      const guarded = await fakeProcess({ port: 0 }, answerJson(401, { error: "The token is missing or wrong" }));
      fakes.push(other, guarded);
      const env = { WATCHBILL_TOKEN: secret };
      for (const [url, message] of [
        [`http://127.0.0.1:${port}/?token=${secret}`, "cannot be reached: socket hang up"],
        [`http://user:${secret}@127.0.0.1:1/`, "http://127.0.0.1:1/ cannot be reached: connect ECONNREFUSED"],
        [`http://127.0.0.1:${other.port}/`, "does not answer as a dashboard of watchbill"],
        [`http://127.0.0.1:${guarded.port}/#${secret}`, "needs a token, or another one: set WATCHBILL_TOKEN, or pass --token"],
      ] as const) {
        const { code, stdout, stderr } = await watchbill(["status", "--url", url], { env });
        expect([code, stdout], url).to.deep.equal([4, ""]);
        expect(stderr).to.include(message).and.not.include(secret);
      }
      for (const args of [
        ["--url", `ftp://${secret}/`],
        ["--url", `${secret}`],
        ["--url", "http://127.0.0.1:1/", "--token", `${secret}\n`],
        ["--url", "http://127.0.0.1:1/", "--socket", `/tmp/${secret}`],
      ]) {
        const { code, stdout, stderr } = await watchbill(["status", ...args], { env });
        expect([code, stdout], args.join(" ")).to.deep.equal([2, ""]);
        expect(stderr).to.not.include(secret);
      }
      silent.close();
    });

    it("exits with 4 for a socket that does not exist, and with 2 for a file that is not one", async () => {
      const file = folder.write("file", "");
      expect(await watchbill(["status", "--socket", `${file}.sock`])).to.deep.include({
        code: 4,
        stderr: `There is no socket ${file}.sock\n`,
      });
      expect(await watchbill(["status", "--socket", file])).to.deep.include({ code: 2, stderr: `${file} is not a socket\n` });
    });
  });
});
