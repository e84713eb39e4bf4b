import { channel } from "node:diagnostics_channel";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { InvalidArgumentError, Runner } from "watchbill";
import { dashboard } from "watchbill/dashboard";
import { asPage, EventReader, send, until } from "./client.fixture.js";
import { job, Served, silent } from "./served.fixture.js";

const token = "0123456789abcdef";

describe("dashboard(…).listen", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "watchbill-dashboard-"));
  });

  afterEach(async () => {
    await Served.stopAll();
    rmSync(folder, { recursive: true, force: true });
  });

  const runner = new Runner([job("a")], { logger: silent, signals: [] });

  it("refuses every host but a loopback one, unless there is authorize or a token", () => {
    const open = dashboard(runner);
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.com", "localhost.example.com"])
      expect(() => open.listen({ host }), host)
        .to.throw(InvalidArgumentError)
        .with.property("message")
        .that.includes("pass authorize or a token");
    for (const host of ["127.0.0.1", "127.0.0.2", "::1", "localhost"]) expect(() => open.listen({ host })).to.not.throw();
    open.close();
    for (const options of [{ token }, { authorize: () => "look" as const }]) {
      const guarded = dashboard(runner, options);
      expect(() => guarded.listen({ host: "0.0.0.0" })).to.not.throw();
      guarded.close();
    }
  });

  it("rejects malformed options, each with a fix", () => {
    const page = dashboard(runner);
    expect(() => page.listen({ port: 70_000 })).to.throw(InvalidArgumentError, "port is 70000: use an integer from 0 to 65535");
    expect(() => page.listen({ path: "/x", port: 1 })).to.throw(InvalidArgumentError, "both a path and a port");
    expect(() => page.listen({ path: "" })).to.throw(InvalidArgumentError, "path");
    const misspelt: object = { prot: 1 };
    expect(() => page.listen(misspelt)).to.throw(InvalidArgumentError, 'listen has no option "prot"');
    page.close();
    for (const short of ["", "short", "0123456789abcde", "0123456789 abcdef", "0123456789abcdefö"])
      expect(() => dashboard(runner, { token: short })).to.throw(
        InvalidArgumentError,
        "token cannot be sent in a header, or is too easy to guess",
      );
    expect(() => dashboard(runner, { historyBytes: 1 })).to.throw(InvalidArgumentError, "historyBytes is 1");
    expect(() => dashboard(runner, { readyAfter: -1 })).to.throw(InvalidArgumentError, "readyAfter");
    const options: object = { authorise: () => "act" };
    expect(() => dashboard(runner, options)).to.throw(InvalidArgumentError, 'dashboard has no option "authorise"');
    const notFunction: object = { authorize: "act" };
    expect(() => dashboard(runner, notFunction)).to.throw(InvalidArgumentError, "authorize is a string: pass a function");
  });

  it("tells its URL and logs it, while it listens", async () => {
    const lines: string[] = [];
    const logger = { ...silent, info: (_: object | string, message = "") => lines.push(message) };
    const served = await Served.start([], {}, { port: 0 }, { logger });
    expect(served.url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(lines).to.include(`listening on ${served.url}`);
    await served.stop();
    expect(served.page.url).to.equal(undefined);
  });

  it("listens on a Unix socket that only its user may open, and removes it", async () => {
    const path = join(folder, "dashboard.sock");
    const served = await Served.start([job("a")], {}, { path });
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    const { status } = await send("http://anything.example/api/status", { socketPath: path });
    expect(status).to.equal(200);
    await served.stop();
    expect(existsSync(path)).to.equal(false);
  });

  it("replaces a socket that a process has left behind", async () => {
    const path = join(folder, "dashboard.sock");
    const { spawnSync } = await import("node:child_process");
    spawnSync(process.execPath, [
      "-e",
      `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`,
    ]);
    expect(statSync(path).isSocket()).to.equal(true);
    await Served.start([job("a")], {}, { path });
    expect((await send("http://localhost/healthz", { socketPath: path })).status).to.equal(200);
  });

  it("replaces neither a socket in use nor a file, and leaves the other workers alone", async () => {
    const [path, file] = [join(folder, "used.sock"), join(folder, "file")];
    writeFileSync(file, "precious");
    const other = createTcpServer();
    await new Promise<void>((resolve) => other.listen(path, resolve));
    for (const taken of [path, file]) {
      const blocked = new Runner([job("a")], { logger: silent, signals: [] });
      const page = dashboard(blocked);
      blocked.add(page.listen({ path: taken }));
      const ended = blocked.run();
      await until(() => blocked.status(["dashboard"])[0]?.health === "firing");
      expect(blocked.status(["dashboard"])[0]?.lastError).to.include("EADDRINUSE");
      expect(blocked.status(["a"])[0]?.phase).to.equal("waiting");
      await blocked.stop();
      await ended;
      page.close();
    }
    expect(statSync(file).isFile() && statSync(path).isSocket()).to.equal(true);
    await new Promise((resolve) => other.close(resolve));
  });

  it("retries a port that is taken, while the other workers go on", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const blocked = new Runner([job("a")], { logger: silent, signals: [] });
    const page = dashboard(blocked);
    blocked.add(page.listen({ port }));
    const ended = blocked.run();
    await until(() => blocked.status(["dashboard"])[0]?.phase === "backoff");
    await new Promise((resolve) => taken.close(resolve));
    await until(() => page.url !== undefined);
    expect((await send(`${page.url ?? ""}healthz`)).status).to.equal(200);
    await blocked.stop();
    await ended;
  });

  it("can be restarted by a command that it serves", async () => {
    const { url, page, runner: restarted } = await Served.start([], {});
    const { status } = await send(`${url}api/workers/dashboard/restart`, { method: "POST", headers: asPage });
    expect(status).to.equal(202);
    await until(() => restarted.status(["dashboard"])[0]?.runs === 2 && page.url !== undefined);
    expect((await send(`${page.url ?? ""}healthz`)).status).to.equal(200);
  });

  it("leaves no socket, timer or subscriber behind", async () => {
    const names = ["run:start", "run:end", "run:asyncEnd", "run:error"].map((stage) => `tracing:watchbill:${stage}`);
    const plain = ["start", "exit", "restart", "retry", "timeout", "health", "missed", "hung", "command"];
    const channels = [...names, ...plain.map((name) => `watchbill:${name}`)].map((name) => channel(name));
    const observed = (): string[] => channels.filter(({ hasSubscribers }) => hasSubscribers).map(({ name }) => String(name));
    const handles = (): number => process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout|Pipe/.test(kind)).length;
    runnersOfOthersAreClosed(observed);
    // Counted in the same place as below, where there is a timer of the spec itself.
    let [before, count] = [0, 0];
    await until(() => {
      before = handles();
      return count++ > 0;
    });
    const served = await Served.start([job("a", () => Promise.reject(new Error("down")))]);
    expect(observed()).to.have.length.above(8);
    await served.runner.trigger("a").catch(() => {});
    const viewers = await Promise.all(Array.from({ length: 20 }, () => EventReader.open(served.url)));
    await Promise.all(viewers.map((viewer) => viewer.first(({ event }) => event === "snapshot")));
    // One that has sent no request, and one that does not finish it.
    const port = Number(new URL(served.url).port);
    const idle = connect(port, "127.0.0.1");
    const slow = connect(port, "127.0.0.1");
    for (const socket of [idle, slow]) socket.on("error", () => {}).resume();
    slow.write("GET / HTTP/1.1\r\nHost: loc");
    await until(() => !idle.connecting && !slow.connecting);
    await served.runner.stop();
    expect(served.page.viewers).to.equal(0);
    expect(observed()).to.deep.equal([]);
    await until(() => viewers.every(({ hasEnded }) => hasEnded) && idle.destroyed && slow.destroyed);
    await until(() => handles() <= before);
    await served.stop();
  });

  it("stops within its time while viewers do not read", async () => {
    const served = await Served.start([job("a")]);
    const socket = connect(Number(new URL(served.url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.pause();
    socket.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until(() => served.page.viewers === 1);
    await served.stop();
    expect(served.runner.status(["dashboard"])[0]?.health).to.not.equal("firing");
    socket.destroy();
  });

  /** The first runner of this suite has dashboards that were closed, or were refused. */
  function runnersOfOthersAreClosed(observed: () => string[]): void {
    expect(observed(), "another spec has left a subscriber").to.deep.equal([]);
  }
});
