import { expect } from "chai";
import { DeclarativeWorker, Runner, StaticBackoff, stopped, type WorkerContext, wait } from "watchbill";
import { asPage, isRecord, rowOf, send, until } from "./client.fixture.js";
import { backoff, continuous, job, Served, silent } from "./served.fixture.js";

const oddNames = [
  "github/commits",
  "a/b%2Fc/50%",
  "Größe/日本/😀",
  "two\nlines",
  "<img src=x onerror=alert(1)>",
  "a&b=c?d#e",
  "'\"`; --",
];

describe("The API of the dashboard", () => {
  afterEach(() => Served.stopAll());

  it("answers api/status with the process, the rights, and the rows of runner.status()", async () => {
    const { url, runner } = await Served.start([job("github/commits"), continuous("github/events")]);
    const { status, json } = await send(`${url}api/status`);
    expect(status).to.equal(200);
    if (!isRecord(json)) throw new Error("not an object");
    expect(json).to.deep.include({
      state: "running",
      sequence: 0,
      rights: { trigger: true, pause: true, resume: true, restart: true },
    });
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    expect(json.process).to.deep.include({ pid: process.pid, node: process.version, version: "0.1.0", timeZone });
    // Times are converted from a clock with fractions of a ms each time they are read.
    const times = { healthSince: null, lastStart: null, nextDue: null };
    const more = { successRate: null, failingSince: null };
    const serves = (name: string) => (name === "dashboard" ? { servesDashboard: true } : {});
    const rows = runner.status().map((row) => ({ ...row, ...more, ...times, ...serves(row.name) }));
    expect(json.workers).to.be.an("array").with.length(3);
    for (const row of rows) expect({ ...rowOf(json, row.name), ...times }).to.deep.equal(row);
  });

  it("answers api/workers/<name> with the last runs, errors and due times of a worker, whatever its name", async () => {
    let fails = false;
    const run = (): void => {
      if (fails) throw new TypeError("HTTP 503");
    };
    const { url, runner } = await Served.start(oddNames.map((name) => job(name, run)));
    for (const name of oddNames) {
      fails = false;
      await runner.trigger(name);
      fails = true;
      await runner.trigger(name).catch(() => {});
      const { status, json } = await send(`${url}api/workers/${encodeURIComponent(name)}`);
      expect(status).to.equal(200);
      if (!isRecord(json) || !Array.isArray(json.runs) || !Array.isArray(json.errors)) throw new Error("not a detail");
      expect(json.row).to.deep.include({ name, runs: 2, failures: 1, successRate: 0.5, lastError: "TypeError: HTTP 503" });
      expect(json.runs[0]).to.deep.include({ cause: "command", outcome: "failed", attempt: 0, error: "TypeError: HTTP 503" });
      expect(json.runs[1]).to.deep.include({ cause: "command", outcome: "done", error: null });
      expect(json.errors).to.have.length(1);
      expect(json.errors[0]).to.have.property("count", 1);
      expect(json.errors[0].text).to.match(/^TypeError: HTTP 503\n.*api\.spec\.ts/s);
    }
  });

  it("says since when a worker fails, also while a run is still being retried", async () => {
    let isDown = true;
    const attempt = (): void => {
      if (isDown) throw new Error("down");
    };
    const retried = new DeclarativeWorker({
      name: "retried",
      job: attempt,
      repeat: "1h",
      retry: backoff,
      retryJob: { backoff: new StaticBackoff({ sleep: "20ms" }), maxAttempts: 4 },
    });
    const { url, runner } = await Served.start([retried]);
    const read = async () => rowOf((await send(`${url}api/status`)).json, "retried") ?? {};
    const before = Date.now();
    const first = runner.trigger("retried").catch(() => {});
    await until(async () => Number((await read()).attempt) > 1);
    const { failingSince, health } = await read();
    expect(health).to.equal("init");
    expect(failingSince).to.be.within(before, Number((await read()).lastErrorAt) - 10);
    await first;
    // The run has failed since its first attempt, and not since its last.
    expect(await read()).to.include({ health: "firing", failingSince });
    isDown = false;
    await runner.trigger("retried");
    expect(await read()).to.include({ health: "ok", failingSince: null });
    isDown = true;
    await runner.trigger("retried").catch(() => {});
    expect((await read()).failingSince).to.be.above(Number(failingSince));
  });

  it("says since when a worker fails that has recovered by a report, and reports a problem", async () => {
    let report: ((error?: Error) => void) | undefined;
    let starts = 0;
    const listener = new DeclarativeWorker({
      name: "listener",
      retry: new StaticBackoff({ sleep: "1ms" }),
      worker: async ({ signal, reportHealth }: WorkerContext) => {
        if (++starts === 1) throw new Error("boom");
        report = reportHealth;
        await stopped(signal);
      },
    });
    const { url, runner } = await Served.start([]);
    runner.add(listener);
    await until(() => report !== undefined);
    const read = async () => rowOf((await send(`${url}api/status`)).json, "listener") ?? {};
    expect((await read()).failingSince).to.be.a("number");
    report?.();
    expect((await read()).failingSince).to.equal(null);
    await wait("20ms");
    const before = Date.now();
    report?.(new Error("disconnected"));
    expect((await read()).failingSince).to.be.at.least(before - 1);
  });

  it("counts equal errors once, and keeps the last ten that differ", async () => {
    let message = "";
    const failing = job("failing", () => {
      throw new Error(message);
    });
    const { url, runner } = await Served.start([failing]);
    for (const text of ["first", "first", ..."abcdefghij".split("")]) {
      message = text;
      await runner.trigger("failing").catch(() => {});
    }
    const { json } = await send(`${url}api/workers/failing`);
    if (!isRecord(json) || !Array.isArray(json.errors)) throw new Error("not a detail");
    const messages = json.errors.map(({ text }: { text: string }) => text.split("\n")[0]);
    expect(messages).to.deep.equal("jihgfedcba".split("").map((text) => `Error: ${text}`));
  });

  it("counts an error once that changes the health of its worker before its run ends", async () => {
    let starts = 0;
    const continuousFailing = new DeclarativeWorker({
      name: "failing",
      retry: new StaticBackoff({ sleep: "1ms" }),
      worker: async ({ signal }: WorkerContext) => {
        if (++starts <= 3) throw new Error("boom");
        await stopped(signal);
      },
    });
    const slow = new DeclarativeWorker({ name: "slow", job: () => wait("20ms"), repeat: "1h", timeout: "1ms", retry: backoff });
    const always = new Error("always the same");
    const same = job("same", () => {
      throw always;
    });
    const { url, runner } = await Served.start([continuousFailing, slow, same]);
    const counts = async (name: string): Promise<unknown> => {
      const { json } = await send(`${url}api/workers/${name}`);
      return isRecord(json) && Array.isArray(json.errors) ? json.errors.map(({ count }) => count) : json;
    };
    await until(() => starts === 4);
    await runner.trigger("slow").catch(() => {});
    for (let time = 0; time < 2; time++) await runner.trigger("same").catch(() => {});
    expect(await counts("failing")).to.deep.equal([3]);
    expect(await counts("slow")).to.deep.equal([1]);
    expect(await counts("same")).to.deep.equal([2]);
  });

  it("shows a problem that a worker reports, without a run that fails", async () => {
    const reporting = new DeclarativeWorker({
      name: "reporting",
      worker: async ({ signal, reportHealth }: WorkerContext) => {
        reportHealth(new Error("disconnected"));
        await stopped(signal);
      },
    });
    const { url, runner, page } = await Served.start([]);
    runner.add(reporting);
    await until(() => runner.status(["reporting"])[0]?.health === "firing");
    const { json } = await send(`${page.url ?? url}api/workers/reporting`);
    if (!isRecord(json) || !Array.isArray(json.errors)) throw new Error("not a detail");
    expect(json.runs).to.deep.equal([]);
    expect(json.errors).to.have.length(1);
    expect(json.errors[0]).to.deep.include({ count: 1 });
    expect(json.errors[0].text).to.match(/^Error: disconnected\n/);
  });

  it("answers api/strips with the past and the next hour of the workers that are named", async () => {
    const often = new DeclarativeWorker({ name: "often", job: () => {}, repeat: "10m" });
    const schedule = { next: (after: Date) => new Date(after.getTime() + 1_200_000) };
    const { url, runner } = await Served.start([often, new DeclarativeWorker({ name: "cron", job: () => {}, repeat: schedule })]);
    await runner.trigger("often");
    const before = Date.now();
    const { json } = await send(`${url}api/strips?worker=often&worker=unknown&worker=cron`);
    if (!Array.isArray(json)) throw new Error("not an array");
    expect(json.map(({ worker }) => worker)).to.deep.equal(["often", "cron"]);
    const [first, second] = json;
    expect(first.runs).to.have.length(1);
    expect(first.runs[0][0]).to.be.within(before - 60_000, Date.now());
    expect(first.runs[0][2]).to.equal(0);
    // A run by a command is not due by its interval.
    expect(first.due).to.deep.equal([]);
    expect(first.planned.length).to.be.within(5, 6);
    for (const time of first.planned) expect(time).to.be.within(before, before + 3_601_000);
    expect(second.planned).to.have.length.within(2, 3);
  });

  it("draws nothing ahead of a paused worker", async () => {
    const { url, runner } = await Served.start([new DeclarativeWorker({ name: "often", job: () => {}, repeat: "10m" })]);
    await runner.pause("often");
    expect((await send(`${url}api/strips?worker=often`)).json).to.deep.equal([
      { worker: "often", runs: [], due: [], missed: [], planned: [] },
    ]);
  });

  for (const name of oddNames) {
    it(`sends commands to a worker named ${JSON.stringify(name)}`, async () => {
      let runs = 0;
      const { url, runner } = await Served.start([job(name, () => runs++)]);
      const post = async (command: string): Promise<number> =>
        (await send(`${url}api/workers/${encodeURIComponent(name)}/${command}?reason=why`, { method: "POST", headers: asPage }))
          .status;
      expect(await post("trigger")).to.equal(202);
      await until(() => runs === 1);
      expect(await post("pause")).to.equal(202);
      expect(runner.status([name])[0]?.pause).to.deep.include({ by: "dashboard", reason: "why" });
      expect(await post("resume")).to.equal(202);
      expect(runner.status([name])[0]?.pause).to.equal(null);
      expect(await post("restart")).to.equal(202);
    });
  }

  it("answers a command as soon as it is accepted, without waiting for the run", async () => {
    let isRunning = false;
    const slow = job("slow", async ({ signal }) => {
      isRunning = true;
      await wait("1h", { signal });
    });
    const { url } = await Served.start([slow]);
    const { status, json } = await send(`${url}api/workers/slow/trigger`, { method: "POST", headers: asPage });
    expect({ status, json }).to.deep.equal({ status: 202, json: { worker: "slow", command: "trigger" } });
    await until(() => isRunning);
  });

  it("accepts a command whose run fails at once", async () => {
    const failing = job("failing", () => {
      throw new Error("at once");
    });
    const { url } = await Served.start([failing]);
    expect((await send(`${url}api/workers/failing/trigger`, { method: "POST", headers: asPage })).status).to.equal(202);
  });

  it("refuses with 409 what the runner does not allow", async () => {
    const { url } = await Served.start([continuous("events")]);
    const { status, json } = await send(`${url}api/workers/events/trigger`, { method: "POST", headers: asPage });
    expect(status).to.equal(409);
    expect(json).to.have.property("error").that.includes("events cannot be triggered");
  });

  it("refuses to pause the worker that serves it", async () => {
    const { url, runner } = await Served.start([]);
    const { status, json } = await send(`${url}api/workers/dashboard/pause`, { method: "POST", headers: asPage });
    expect(status).to.equal(409);
    expect(json).to.have.property("error").that.includes("dashboard cannot be paused");
    expect(runner.status(["dashboard"])[0]?.phase).to.equal("running");
  });

  it("names the nearest of a worker that does not exist", async () => {
    const { url } = await Served.start([job("github/commits"), job("mail/send")]);
    const missing = { error: 'There is no worker "github/comits": did you mean github/commits?', nearest: ["github/commits"] };
    const command = await send(`${url}api/workers/github%2Fcomits/pause`, { method: "POST", headers: asPage });
    expect(command).to.deep.include({ status: 404, json: missing });
    expect(await send(`${url}api/workers/github%2Fcomits`)).to.deep.include({ status: 404, json: missing });
  });

  it("answers 404 to a command for a worker that was removed meanwhile", async () => {
    const { url, runner } = await Served.start([job("gone"), job("here")]);
    await runner.remove("gone");
    expect((await send(`${url}api/workers/gone/trigger`, { method: "POST", headers: asPage })).status).to.equal(404);
    await runner.remove("here");
    runner.add(job("new"));
    expect((await send(`${url}api/workers/new/trigger`, { method: "POST", headers: asPage })).status).to.equal(202);
  });

  it("sends a command to all workers that match a pattern, and lists those that refuse it", async () => {
    const { url, runner } = await Served.start([job("github/a"), job("github/b"), continuous("github/c"), job("mail/d")]);
    const path = "api/commands/trigger?match=github/*&match=mail/d&reason=test";
    const { status, json } = await send(`${url}${path}`, { method: "POST", headers: asPage });
    expect(status).to.equal(202);
    if (!isRecord(json) || !Array.isArray(json.refused)) throw new Error("not a result");
    expect(json).to.deep.include({ command: "trigger", workers: ["github/a", "github/b", "mail/d"] });
    expect(json.refused.map(({ worker }) => worker)).to.deep.equal(["github/c"]);
    expect(json.leftOut).to.deep.equal([]);
    await until(() => runner.status().filter(({ runs, schedule }) => schedule !== null && runs === 1).length === 3);
  });

  it("sends a command to workers by their names, of which a star is a part, and a path may not have one", async () => {
    const names = [".", "..", "a/*", "a/b", "a/b/.."];
    const { url, runner } = await Served.start(names.map((name) => job(name)));
    const post = (query: string) => send(`${url}api/commands/pause?${query}`, { method: "POST", headers: asPage });
    const paused = () => runner.status().flatMap(({ name, phase }) => (phase === "paused" ? [name] : []));
    const first = await post("name=.&name=a/*");
    expect(first.json).to.deep.equal({ command: "pause", workers: [".", "a/*"], refused: [], leftOut: [] });
    expect(paused()).to.deep.equal([".", "a/*"]);
    const second = await post("name=..&name=gone");
    const refused = [{ worker: "gone", error: 'There is no worker "gone"' }];
    expect(second.json).to.deep.equal({ command: "pause", workers: [".."], refused, leftOut: [] });
    expect(await post("name=gone/*")).to.include({ status: 404 });
    for (const name of names) {
      const { json } = await send(`${url}api/worker?name=${encodeURIComponent(name)}`);
      expect(json).to.have.nested.property("row.name", name);
    }
    expect((await send(`${url}api/worker`)).status).to.equal(404);
  });

  it("answers 404 if no worker matches, and 400 without a pattern", async () => {
    const { url } = await Served.start([job("a")]);
    const post = (path: string) => send(`${url}${path}`, { method: "POST", headers: asPage });
    expect((await post("api/commands/pause?match=github/*")).status).to.equal(404);
    expect((await post("api/commands/pause")).status).to.equal(400);
    expect((await post("api/commands/explode?match=*")).status).to.equal(404);
  });

  it("answers a pattern with many stars at once", async () => {
    const { url } = await Served.start([job("a".repeat(2_000))]);
    const start = process.cpuUsage();
    const { status } = await send(`${url}api/commands/pause?match=${"*a".repeat(1_000)}*b`, { method: "POST", headers: asPage });
    expect(status).to.equal(404);
    expect(process.cpuUsage(start).user).to.be.below(1_000_000);
  });

  it("lists and controls the workers of nested runners, under the names of their events", async () => {
    let runs = 0;
    const inner = new Runner([job("sync", () => runs++)]);
    const { url } = await Served.start([new DeclarativeWorker({ name: "shop", worker: inner }), job("other")]);
    const { json } = await send(`${url}api/status`);
    expect(rowOf(json, "shop/sync")).to.deep.include({ name: "shop/sync", runner: "shop" });
    expect((await send(`${url}api/workers/shop%2Fsync/trigger`, { method: "POST", headers: asPage })).status).to.equal(202);
    await until(() => runs === 1);
    const detail = await send(`${url}api/workers/shop%2Fsync`);
    if (!isRecord(detail.json) || !Array.isArray(detail.json.runs)) throw new Error("not a detail");
    expect(detail.json.runs).to.have.length(1);
    const bulk = await send(`${url}api/commands/pause?match=*`, { method: "POST", headers: asPage });
    const serves = { worker: "dashboard", error: "dashboard serves this page: send it the command under its name" };
    const leftOut = [{ worker: "shop", error: "shop is the runner of others that get the command" }, serves];
    expect(bulk.json).to.deep.equal({ command: "pause", workers: ["shop/sync", "other"], refused: [], leftOut });
  });

  it("answers healthz, readyz and metrics", async () => {
    const failing = job("failing", () => {
      throw new Error("down");
    });
    const registry = { contentType: "text/plain; version=0.0.4", metrics: async () => "up 1\n" };
    const { url, runner } = await Served.start([failing], { registry, readyAfter: 0 });
    expect(await send(`${url}healthz`)).to.deep.include({ status: 200, text: "ok" });
    expect(await send(`${url}readyz`)).to.deep.include({ status: 200, json: { ready: true, reason: null } });
    const metrics = await send(`${url}metrics`);
    expect(metrics).to.deep.include({ status: 200, text: "up 1\n" });
    expect(metrics.headers["content-type"]).to.equal("text/plain; version=0.0.4");

    await runner.trigger("failing").catch(() => {});
    let answer = await send(`${url}readyz`);
    await until(async () => (answer = await send(`${url}readyz`)).status === 503);
    expect(answer.json).to.deep.equal({ ready: false, reason: "failing for more than 0 s: failing" });
  });

  it("answers readyz with 503 before the run, while it is stopped, and after it", async () => {
    const { dashboard } = await import("watchbill/dashboard");
    let release = (): void => {};
    const slow = new DeclarativeWorker({
      name: "slow",
      retry: backoff,
      worker: () => new Promise<void>((done) => (release = done)),
    });
    const runner = new Runner([slow], { logger: silent, signals: [] });
    const page = dashboard(runner);
    const readiness = async (): Promise<unknown> => {
      const response = await page.fetch(new Request("http://localhost/readyz"));
      return [response.status, await response.json()];
    };
    expect(await readiness()).to.deep.equal([503, { ready: false, reason: "the runner does not run" }]);
    const ended = runner.run();
    expect(await readiness()).to.deep.equal([200, { ready: true, reason: null }]);
    const stopped = runner.stop();
    expect(await readiness()).to.deep.equal([503, { ready: false, reason: "the runner is being stopped" }]);
    release();
    await Promise.all([stopped, ended]);
    expect(await readiness()).to.deep.equal([503, { ready: false, reason: "the runner does not run" }]);
    page.close();
    expect((await page.fetch(new Request("http://localhost/readyz"))).status).to.equal(503);
  });

  it("answers what does not exist with 404", async () => {
    const { url } = await Served.start([]);
    for (const path of ["favicon.ico", "api/", "api/secrets", "api/status/x", "page.js.map"])
      expect((await send(`${url}${path}`)).status, path).to.be.oneOf([404, path === "api/" ? 200 : 404]);
  });
});
