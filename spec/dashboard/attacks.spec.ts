import { connect } from "node:net";
import { inspect } from "node:util";
import { expect } from "chai";
import { DeclarativeWorker, Runner } from "watchbill";
import { type Access, dashboard } from "watchbill/dashboard";
import { asPage, isRecord, open, rowOf, send, until } from "./client.fixture.js";
import { job, Served, silent } from "./served.fixture.js";

const token = "correct horse battery".replaceAll(" ", "-");

describe("The dashboard under attack", () => {
  afterEach(() => Served.stopAll());

  it("refuses a command from another site, also with the header", async () => {
    let runs = 0;
    const { url } = await Served.start([job("a", () => runs++)]);
    const post = async (headers: Record<string, string>): Promise<number> =>
      (await send(`${url}api/workers/a/trigger`, { method: "POST", headers })).status;
    expect(await post({ ...asPage, "Sec-Fetch-Site": "cross-site" })).to.equal(403);
    expect(await post({ ...asPage, "Sec-Fetch-Site": "same-site" })).to.equal(403);
    expect(await post({ "Sec-Fetch-Site": "same-origin" })).to.equal(403);
    expect(await post({})).to.equal(403);
    expect(await post({ "x-watchbill": "true" })).to.equal(403);
    expect((await send(`${url}api/commands/trigger?match=*`, { method: "POST" })).status).to.equal(403);
    expect(runs).to.equal(0);
    expect(await post({ ...asPage, "Sec-Fetch-Site": "same-origin" })).to.equal(202);
    expect(await post({ ...asPage, "Sec-Fetch-Site": "none" })).to.equal(202);
  });

  it("does not act on any other method, nor answers a preflight", async () => {
    let runs = 0;
    const { url } = await Served.start([job("a", () => runs++)]);
    for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
      for (const path of ["api/workers/a/trigger", "api/commands/trigger?match=*"]) {
        const { status, headers } = await send(`${url}${path}`, { method, headers: asPage });
        expect(status, method).to.equal(405);
        expect(headers.allow).to.equal("POST");
        expect(headers).to.not.have.property("access-control-allow-origin");
      }
    expect((await send(`${url}api/status`, { method: "POST", headers: asPage })).status).to.equal(405);
    expect(runs).to.equal(0);
  });

  it("refuses requests for a host that is not this machine, if anybody may do everything", async () => {
    const { url } = await Served.start([job("a")]);
    for (const host of [
      "evil.example",
      "evil.example:9090",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "[::2]",
      "10.0.0.1",
    ])
      expect((await send(`${url}api/status`, { headers: { Host: host } })).status, host).to.equal(403);
    for (const host of ["localhost", "localhost:1", "app.localhost", "127.0.0.1:9090", "127.1.2.3", "[::1]:80"])
      expect((await send(`${url}api/status`, { headers: { Host: host } })).status, host).to.equal(200);
    const guarded = await Served.start([job("a")], { authorize: () => "look" });
    expect((await send(`${guarded.url}api/status`, { headers: { Host: "ops.example" } })).status).to.equal(200);
  });

  it("answers a malformed host with 400, and logs nothing", async () => {
    const entries: unknown[] = [];
    const logger = { ...silent, error: (details: object) => entries.push(details) };
    for (const options of [
      { logger },
      { logger, token },
      { logger, authorize: ({ url }: Request) => (new URL(url).searchParams.has("act") ? "act" : "look") },
    ]) {
      const { url } = await Served.start([job("a")], options);
      const Authorization = `Bearer ${token}`;
      for (const Host of ["127.0.0.1:65536", "localhost:99999"])
        for (const path of ["", "healthz", "api/status"])
          expect((await send(`${url}${path}`, { headers: { Host, Authorization } })).status, `${Host} ${path}`).to.equal(400);
      // Only this machine may be named if everything is allowed.
      const others = ["localhost:abc", "[::1", "a b", "localhost/x?", "user@localhost", "%zz", "xn--", "\\", "localhost:80:80"];
      for (const Host of others)
        expect((await send(`${url}api/status`, { headers: { Host, Authorization } })).status, Host).to.be.oneOf(
          "token" in options || "authorize" in options ? [200, 400] : [403],
        );
    }
    expect(entries).to.deep.equal([]);
  });

  it("refuses a token that is missing, wrong, shorter or longer, and accepts the right one", async () => {
    const { url } = await Served.start([job("a")], { token });
    const get = async (headers: Record<string, string>): Promise<number> => (await send(`${url}api/status`, { headers })).status;
    expect(await get({})).to.equal(401);
    for (const wrong of ["x", token.slice(1), `${token}x`, token.toUpperCase(), "x".repeat(8_000)])
      expect(await get({ Authorization: `Bearer ${wrong}` })).to.equal(401);
    expect(await get({ Authorization: token })).to.equal(401);
    expect(await get({ Authorization: `Bearer ${token}` })).to.equal(200);
    for (const path of ["", "page.js", "healthz", "readyz", "api/events", "api/workers/a", `api/status?token=${token}`])
      expect((await send(`${url}${path}`)).status, path).to.equal(401);
    expect((await send(`${url}api/workers/a/trigger`, { method: "POST", headers: asPage })).status).to.equal(401);
  });

  it("takes the token in the URL of the page once, and sets a cookie that is not the token", async () => {
    const { url } = await Served.start([job("a")], { token });
    const { status, headers } = await send(`${url}?q=x&token=${token}`);
    expect(status).to.equal(303);
    expect(headers.location).to.equal("./?q=x");
    const [cookie = ""] = headers["set-cookie"] ?? [];
    expect(cookie).to.match(/^watchbill-[0-9a-f]{8}=[\w-]+; HttpOnly; SameSite=Strict$/);
    expect(cookie).to.not.include(token);
    const [pair = ""] = cookie.split(";");
    expect((await send(`${url}api/status`, { headers: { Cookie: `a=b; ${pair}` } })).status).to.equal(200);
    expect((await send(`${url}api/status`, { headers: { Cookie: `${pair}x` } })).status).to.equal(401);
    expect(
      (await send(`${url}api/status`, { headers: { Authorization: `Bearer ${pair.split("=")[1] ?? ""}` } })).status,
    ).to.equal(401);
    expect((await send(`${url}?token=wrong-wrong-wrong-wrong`)).status).to.equal(401);
    // To the path of the page first, which is that of the cookie.
    const first = await send(`${url}ops?token=${token}`);
    expect(first).to.deep.include({ status: 308 });
    expect(first.headers)
      .to.include({ location: `./ops/?token=${token}` })
      .and.not.have.property("set-cookie");
    const secure = await send(`${url}?token=${token}`, { headers: { "X-Forwarded-Proto": "https" } });
    expect(secure.headers["set-cookie"]?.[0]).to.match(/; Secure$/);
    // After a link on another site, a redirect would come without the cookie.
    const linked = await send(`${url}?token=${token}`, { headers: { "Sec-Fetch-Site": "cross-site" } });
    expect(linked.status).to.equal(200);
    expect(linked.text).to.include('http-equiv="refresh"');
  });

  it("grants each command by itself", async () => {
    let access: Access = "look";
    const { url } = await Served.start([job("a")], { authorize: () => access });
    const commands = ["trigger", "pause", "resume", "restart"] as const;
    const allowed = async (): Promise<string[]> => {
      const results = [];
      for (const command of commands) {
        const one = await send(`${url}api/workers/a/${command}`, { method: "POST", headers: asPage });
        const many = await send(`${url}api/commands/${command}?match=a`, { method: "POST", headers: asPage });
        expect(many.status).to.equal(one.status);
        if (one.status === 202) results.push(command);
        else expect(one.status).to.equal(403);
      }
      return results;
    };
    expect(await allowed()).to.deep.equal([]);
    for (const command of commands) {
      access = { [command]: true };
      expect(await allowed()).to.deep.equal([command]);
      const { json } = await send(`${url}api/status`);
      if (!isRecord(json)) throw new Error("not an object");
      expect(json.rights).to.deep.equal({ trigger: false, pause: false, resume: false, restart: false, [command]: true });
    }
    access = {};
    expect(await allowed()).to.deep.equal([]);
    access = "act";
    expect(await allowed()).to.deep.equal([...commands]);
  });

  it("asks authorize for every request, and refuses what it does not know", async () => {
    const asked: string[] = [];
    let answer: unknown;
    const options: object = {
      authorize: (request: Request) => {
        asked.push(`${request.method} ${new URL(request.url).pathname}`);
        return answer;
      },
    };
    const { url } = await Served.start([job("a")], options);
    const nonsense = [
      undefined,
      null,
      true,
      1,
      "ACT",
      "admin",
      [],
      ["act"],
      { trigger: 1 },
      { trigger: "true" },
      { act: true },
      () => "act",
    ];
    for (const each of nonsense) {
      answer = each;
      for (const path of ["", "page.js", "api/status", "api/events", "healthz", "nothing.here"])
        expect((await send(`${url}${path}`)).status, `${inspect(each)} ${path}`).to.equal(403);
      expect((await send(`${url}api/workers/a/trigger`, { method: "POST", headers: asPage })).status).to.equal(403);
    }
    expect(asked).to.have.length(7 * nonsense.length);
    expect(asked.slice(0, 7)).to.include("POST /api/workers/a/trigger").and.include("GET /page.js");
    answer = Promise.resolve("look");
    expect((await send(`${url}api/status`)).status).to.equal(200);
  });

  it("sends a response of authorize, with the security headers", async () => {
    const { url } = await Served.start([], { authorize: () => Response.redirect("https://login.example/", 302) });
    const { status, headers } = await send(`${url}api/status`);
    expect(status).to.equal(302);
    expect(headers).to.include({
      location: "https://login.example/",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
  });

  for (const [kind, fail] of Object.entries({
    throws: (): never => {
      throw new Error("password=secret");
    },
    rejects: () => Promise.reject<Access>(new Error("password=secret")),
    "returns a response that cannot be sent": () => Response.error(),
  })) {
    it(`answers 500 that reveals nothing if authorize ${kind}, and logs it once`, async () => {
      const entries: unknown[] = [];
      const logger = { ...silent, error: (details: object) => entries.push(details) };
      const { url } = await Served.start([job("a")], { authorize: fail }, { port: 0 }, { logger });
      for (let time = 0; time < 5; time++) {
        const { status, text } = await send(`${url}api/status`);
        expect(status).to.equal(500);
        expect(text).to.not.match(/password|secret|at /);
      }
      expect(entries).to.have.length(1);
    });
  }

  it("reads no file but those of the page", async () => {
    const { url } = await Served.start([]);
    const paths = [
      "../package.json",
      "..%2f..%2fpackage.json",
      "%2e%2e/%2e%2e/package.json",
      "assets/../../dashboard.ts",
      "page.js/../../api.ts",
    ];
    for (const path of [
      ...paths,
      "....//package.json",
      "..\\..\\package.json",
      "page.js%00.ts",
      "index.html",
      "api.ts",
      "constructor.x",
    ]) {
      const { status, text } = await send(`${url}${path}`);
      expect(status, path).to.be.oneOf([404, 400]);
      expect(text, path).to.match(/^(\{"error":|$)/);
    }
  });

  it("answers a malformed name with 400, and goes on", async () => {
    const { url } = await Served.start([job("a")]);
    for (const name of ["%", "%zz", "%ff", "a%"]) {
      expect((await send(`${url}api/workers/${name}`)).status).to.equal(400);
      expect((await send(`${url}api/workers/${name}/pause`, { method: "POST", headers: asPage })).status).to.equal(400);
    }
    for (const name of ["__proto__", "constructor", "toString"])
      expect((await send(`${url}api/workers/${name}`)).status).to.equal(404);
    expect((await send(`${url}healthz`)).status).to.equal(200);
  });

  it("has names and errors in JSON only, which no browser takes for a page", async () => {
    const name = "<img src=x onerror=alert(1)>";
    const failing = job(name, () => {
      throw new Error("\u001b[31m<script>alert(1)</script>");
    });
    const { url, runner } = await Served.start([failing]);
    await runner.trigger(name).catch(() => {});
    for (const path of [
      "api/status",
      `api/workers/${encodeURIComponent(name)}`,
      `api/workers/${encodeURIComponent(`${name}x`)}`,
    ]) {
      const { headers, json } = await send(`${url}${path}`);
      expect(headers).to.include({ "content-type": "application/json; charset=utf-8", "x-content-type-options": "nosniff" });
      expect(headers["content-security-policy"]).to.match(/^default-src 'none'/);
      expect(json).to.be.an("object");
    }
    expect(rowOf((await send(`${url}api/status`)).json, name)?.lastError).to.equal("Error: \u001b[31m<script>alert(1)</script>");
  });

  it("cuts a long reason, and takes no line break into the log", async () => {
    const { url, runner } = await Served.start([job("a")]);
    const reason = `two\r\nlines \u001b[31m${"x".repeat(5_000)}`;
    await send(`${url}api/workers/a/pause?reason=${encodeURIComponent(reason)}`, { method: "POST", headers: asPage });
    expect(runner.status(["a"])[0]?.pause?.reason).to.equal(`two lines  [31m${"x".repeat(485)}… (5015 characters)`);
  });

  it("accepts a command with an author and a reason that have no visible character, as one without them", async () => {
    const { url, runner } = await Served.start([job("a")], { by: () => "\u202e" });
    const path = `api/workers/a/pause?reason=${encodeURIComponent(" \r\n\u2066")}`;
    expect((await send(`${url}${path}`, { method: "POST", headers: asPage })).status).to.equal(202);
    expect(runner.status(["a"])[0]?.pause).to.deep.include({ by: "dashboard", reason: null });
  });

  it("closes a connection that sends requests without waiting for the answers", async () => {
    const { url } = await Served.start([job("a")]);
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    const request = `GET /api/status HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
    socket.write(request.repeat(50));
    let received = 0;
    socket.on("data", (data) => (received += data.length));
    await closed;
    // One answer at most, and not fifty.
    const { text } = await send(`${url}api/status`);
    expect(received).to.be.below(3 * (text.length + 1_000));
  });

  it("keeps the history if a command restarts the worker that serves the page, and leaves that out of patterns", async () => {
    const { url, runner, page } = await Served.start([job("a")]);
    await runner.trigger("a");
    const runsOf = async (): Promise<unknown> => {
      const { json } = await send(`${page.url ?? ""}api/workers/a`);
      return isRecord(json) && Array.isArray(json.runs) ? json.runs.length : json;
    };
    expect(await runsOf()).to.equal(1);
    const bulk = await send(`${url}api/commands/restart?match=*`, { method: "POST", headers: asPage });
    expect(bulk.json).to.deep.include({ workers: ["a"], refused: [] });
    await runner.restart("dashboard");
    await until(() => page.url !== undefined);
    expect(await runsOf()).to.equal(1);
  });

  it("does not pause the runner in which the page is served", async () => {
    const inner = new Runner([job("a")], { logger: silent, signals: [] });
    const page = dashboard(inner);
    inner.add(page.listen({ port: 0 }));
    const outer = await Served.start([new DeclarativeWorker({ name: "nested", worker: inner })]);
    const outerPage = dashboard(outer.runner);
    outer.runner.add(outerPage.listen({ port: 0, name: "second" }));
    const own = dashboard(outer.runner);
    inner.add(own.listen({ port: 0, name: "third" }));
    await until(() => own.url !== undefined);
    const { status, json } = await send(`${own.url ?? ""}api/workers/nested/pause`, { method: "POST", headers: asPage });
    expect(status).to.equal(409);
    expect(json).to.have.property("error").that.includes("nested cannot be paused: it serves this page");
    for (const each of [page, outerPage, own]) each.close();
  });

  it("does not read the body of a command", async () => {
    const { url } = await Served.start([job("a")]);
    const headers = { ...asPage, "Content-Length": "1000000000", "Content-Type": "application/json" };
    const response = await open(`${url}api/workers/a/trigger`, { method: "POST", headers });
    expect(response.statusCode).to.equal(202);
    response.destroy();
  });

  it("names the author with the option by", async () => {
    const by = (request: Request): string => request.headers.get("x-user") ?? "";
    const { url, runner } = await Served.start([job("a")], { by });
    const pause = (headers: Record<string, string>) =>
      send(`${url}api/workers/a/pause`, { method: "POST", headers: { ...asPage, ...headers } });
    await pause({ "x-user": "ada" });
    expect(runner.status(["a"])[0]?.pause?.by).to.equal("ada");
    runner.resume("a");
    await pause({});
    expect(runner.status(["a"])[0]?.pause?.by).to.equal("dashboard");
  });

  it("passes the request of Node to authorize, with what middleware has added", async () => {
    const runner = new Runner([job("a")], { logger: silent, signals: [] });
    const seen: unknown[] = [];
    const page = dashboard(runner, {
      authorize: (_, incoming) => {
        seen.push(incoming !== undefined && "user" in incoming ? incoming.user : undefined);
        return "look";
      },
    });
    const { createServer } = await import("node:http");
    const server = createServer((incoming, response) => page.node(Object.assign(incoming, { user: "ada" }), response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await send(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/api/status`);
    await page.fetch(new Request("http://localhost/api/status"));
    expect(seen).to.deep.equal(["ada", undefined]);
    page.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
