import { join } from "node:path";
import { expect } from "chai";
import { app, expectGolden, Folder, thursday, useEnvironment, watchbill } from "./command.fixture.js";
import { answerJson, type FakeProcess, fakeProcess, row, statusOf } from "./fake-process.fixture.js";

describe("watchbill list", () => {
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

  async function process(pid: number, names: readonly string[]): Promise<void> {
    const workers = names.map((name) => row(name));
    const answer = answerJson(200, statusOf(workers, thursday, pid));
    fakes.push(await fakeProcess({ folder: join(folder.path, "watchbill"), pid }, answer));
  }

  it("lists what a module declares, with the next times of schedules", async () => {
    const { code, stdout, stderr } = await watchbill(["list", app]);
    expect([code, stderr]).to.deep.equal([0, ""]);
    expectGolden("list.txt", stdout);
  });

  it("prints JSON", async () => {
    const { stdout } = await watchbill(["list", app, "--json"]);
    const workers: { name: string; nextDue: number | null }[] = JSON.parse(stdout);
    expect(workers.map(({ name }) => name)).to.deep.equal(["github/commits", "github/events", "github/issues", "reports/daily"]);
    expect(workers[3]).to.deep.equal({
      name: "reports/daily",
      schedule: "0 3 * * * (Europe/Berlin)",
      nextDue: Date.parse("2026-11-27T02:00:00Z"),
      lastStart: null,
      lastDuration: null,
      result: null,
    });
  });

  it("shows how the workers of a module do in the process that runs them", async () => {
    const workers = [
      row("github/commits"),
      row("github/events", {
        schedule: null,
        nextDue: null,
        health: "firing",
        lastError: "Error: HTTP 503\nagain",
        phase: "backoff",
      }),
      row("github/issues", { phase: "paused", pause: { since: 0, by: "alice", reason: "too \u001b[31mmany" } }),
    ];
    fakes.push(
      await fakeProcess({ folder: join(folder.path, "watchbill"), pid: 1 }, answerJson(200, statusOf(workers, thursday))),
    );
    await process(2, ["other/worker"]);
    const { code, stdout, stderr } = await watchbill(["list", app]);
    expect([code, stderr]).to.deep.equal([0, ""]);
    expectGolden("list-running.txt", stdout);
  });

  it("sends the token of the environment", async () => {
    await process(1, ["github/commits"]);
    await watchbill(["list", app], { env: { WATCHBILL_TOKEN: "a-token-of-16-characters" } });
    expect(fakes[0]?.headers.authorization).to.equal("Bearer a-token-of-16-characters");
  });

  it("shows what is declared if several processes run the workers, and says so", async () => {
    await process(1, ["github/commits"]);
    await process(2, ["github/commits"]);
    const { code, stdout, stderr } = await watchbill(["list", app]);
    expect(code).to.equal(0);
    expect(stderr).to.equal("2 processes run these workers (1, 2): choose one with --socket to see how they are doing\n");
    expectGolden("list.txt", stdout);
    const chosen = await watchbill(["list", app, "--socket", join(folder.path, "watchbill/2.sock")]);
    expect(chosen.stdout).to.match(/^github\/commits .* 120ms {2}ok$/m);
  });

  it("names a process that cannot be asked, and shows what is declared", async () => {
    fakes.push(await fakeProcess({ folder: join(folder.path, "watchbill"), pid: 1 }, answerJson(401, { error: "no token" })));
    const { code, stdout, stderr } = await watchbill(["list", app]);
    expect(code).to.equal(0);
    expect(stderr).to.match(/1\.sock needs a token, or another one: set WATCHBILL_TOKEN, or pass --token\n$/);
    expectGolden("list.txt", stdout);
  });

  it("lists the workers of the only process without a module", async () => {
    await process(1, ["other/worker"]);
    const { code, stdout } = await watchbill(["list"]);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^other\/worker {2}every 5s {2}2026-11-26 09:00:03 {2}3s {4}2026-11-26 08:59:58 {2}120ms {2}ok$/m);
  });

  it("has colours on a terminal, and cuts lines to its width, unless NO_COLOR is set", async () => {
    await process(1, ["other/worker", `other/${"long".repeat(30)}`]);
    const onTerminal = await watchbill(["list"], { isTTY: true });
    expect(onTerminal.stdout).to.include("\u001b[1mWORKER");
    const [, , long = ""] = onTerminal.stdout.split("\n");
    expect(long).to.have.length(80).and.match(/…$/);
    const plain = await watchbill(["list"], { isTTY: true, env: { NO_COLOR: "1" } });
    expect(plain.stdout).to.not.include("\u001b");
    const dumb = await watchbill(["list"], { isTTY: true, env: { TERM: "dumb" } });
    expect(dumb.stdout).to.not.include("\u001b");
    expect((await watchbill(["list"])).stdout).to.not.include("\u001b");
  });
});
