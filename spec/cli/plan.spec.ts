import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { app, expectGolden, Folder, watchbill } from "./command.fixture.js";

describe("watchbill plan", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });

  afterEach(() => folder.remove());

  it("shows what the workers of a module would do in a day, and what is probably not meant", async () => {
    const args = ["plan", app, "--start", "2026-03-29", "--timezone", "Europe/Berlin", "--outage", "github/*=04:00-05:00"];
    const { code, stdout, stderr } = await watchbill([...args, "--takes", "github/commits=1s-3s", "--seed", "7"]);
    expect([code, stderr]).to.deep.equal([0, ""]);
    expectGolden("plan.txt", stdout);
  });

  it("draws a picture, and says where", async () => {
    const file = join(folder.path, "day.svg");
    const { code, stderr } = await watchbill(["plan", app, "--for", "2h", "--svg", file]);
    expect([code, stderr]).to.deep.equal([0, `${file}: written\n`]);
    expect(readFileSync(file, "utf8")).to.match(/^<svg [\s\S]*<\/svg>\s*$/);
  });

  it("prints JSON, of replicas of which one is killed, and of a deploy", async () => {
    const args = ["plan", app, "--for", "1h", "--replicas", "2", "--kill", "1=00:10", "--deploy", "00:30", "--json"];
    const { code, stdout } = await watchbill(args);
    const { events, workers }: { events: { event: string; detail: string }[]; workers: { name: string }[] } = JSON.parse(stdout);
    expect(code).to.equal(0);
    expect(workers.map(({ name }) => name)).to.include("github/commits");
    expect(events.filter(({ event }) => event === "killed" || event === "deployed").map(({ detail }) => detail)).to.deep.equal([
      "replica 1",
      "replica 2",
    ]);
  });

  it("runs none of the code of the workers", async () => {
    const module = folder.write(
      "app.ts",
      `import { Repeat } from "watchbill";
export class Poller {
  @Repeat("1m")
  poll() { process.exit(9); }
}
`,
    );
    expect(await watchbill(["plan", module, "--for", "1h"])).to.include({ code: 0 });
  });

  describe("the lints", () => {
    let modules = 0;
    const declare = (count: number, repeat: string): string =>
      folder.write(
        `${++modules}/app.ts`,
        `import { DeclarativeWorker, StaticBackoff } from "watchbill";
import { cron } from "watchbill/cron";
const retry = new StaticBackoff({ sleep: "10s" });
export const sources = Array.from({ length: ${count} }, (_, index) =>
  new DeclarativeWorker({ name: "worker " + index, job: () => {}, retry, repeat: ${repeat} }));
`,
      );
    async function lintsOf(module: string, ...options: string[]): Promise<string[]> {
      const { stdout } = await watchbill(["plan", module, ...options]);
      return stdout.split("\n").filter((line) => line.startsWith("lint: "));
    }

    it("find the second in which most workers start, in the time zone of the simulation", async () => {
      const module = declare(6, 'index < 3 ? cron("30 5 * * *") : cron("30 */5 * * *")');
      const lints = await lintsOf(module, "--max-at-once", "5", "--timezone", "Asia/Tokyo");
      const names = "worker 0, worker 1, worker 2, worker 3, worker 4, worker 5";
      const advice = "spread them by jitter, initialDelay or other times, and retries by jitterProportion";
      expect(lints).to.deep.equal([`lint: 6 workers start at 2026-01-01 05:30:00 (${names}): ${advice} [crowded-second]`]);
      expect(await lintsOf(module, "--max-at-once", "6")).to.deep.equal([]);
    });

    it("know what only the day shows: jitter, each replica, and retries in an outage", async () => {
      const jittered = declare(4, '{ interval: "6h", jitter: "1h" }');
      expect(await lintsOf(jittered, "--max-at-once", "3")).to.deep.equal([]);
      expect(await lintsOf(declare(2, '"6h"'), "--max-at-once", "3", "--replicas", "2")).to.have.length(1);
      const continuous = folder.write(
        "continuous/app.ts",
        `import { StaticBackoff, Retry, Worker } from "watchbill";
const retry = new StaticBackoff({ sleep: "10s" });
export class Feed {
  @Worker @Retry(retry) async a() {}
  @Worker @Retry(retry) async b() {}
}
`,
      );
      expect(await lintsOf(continuous, "--max-at-once", "1")).to.deep.equal([]);
      const [lint] = await lintsOf(continuous, "--max-at-once", "1", "--outage", "*=02:00-02:10");
      expect(lint).to.match(/^lint: 2 workers start at 2026-01-01 02:00:10 \(Feed\/a, Feed\/b\): .* \[crowded-second\]$/);
    });

    it("find runs that are missed, as others take too long", async () => {
      const module = declare(2, '"1m"');
      expect(await lintsOf(module, "--for", "1h", "--takes", "worker 1=150s")).to.deep.equal([
        "lint: worker 1 misses 34 of its times, as a run takes up to 2m 30s: use a longer interval, or a timeout [missed-runs]",
      ]);
    });

    it("find hours that the clocks of the simulation skip", async () => {
      const module = declare(1, 'cron("30 2 * * *")');
      expect(await lintsOf(module, "--timezone", "UTC")).to.deep.equal([]);
      expect(await lintsOf(module, "--timezone", "Europe/Berlin")).to.deep.equal([
        "lint: worker 0 is due at a time (30 2 * * *) that the clocks skip on 2026-03-29: it runs at 03:00:00 on that day [skipped-hour]",
      ]);
    });
  });

  it("refuses what it cannot read, and says what to use", async () => {
    const missing = join(folder.path, "missing", "day.svg");
    const refusals: [string[], string][] = [
      [["--for", "a day"], "--for has a day: use a number and one of ms, s, m, h, d, such as 12h"],
      [["--takes", "github/*=soon"], "--takes has soon: use a number and one of ms, s, m, h, d, such as 12h"],
      [["--outage", "02:00-03:00"], "--outage is 02:00-03:00: use a name and a value, such as --outage 'github/*=02:00-03:00'"],
      [["--outage", "gitlab/*=02:00-03:00"], 'outages: "gitlab/*" names no worker; there are github/commits, '],
      [["--kill", "1=04:10"], ""],
      [["--kill", "2=04:10"], "kill names the replica 2: use 1 to 1, and the option replicas for more"],
      [["--fails", "github/*=often"], "fails of github/* is NaN: use a probability from 0 to 1"],
      [["--timezone", "Mars"], 'timezone is "Mars": use an IANA name, such as "Europe/Berlin"'],
      [["--svg", missing], `The picture cannot be written to ${missing}: ENOENT`],
    ];
    for (const [args, message] of refusals) {
      const { code, stderr } = await watchbill(["plan", app, "--for", "1h", ...args]);
      if (message === "") expect([code, stderr]).to.deep.equal([0, ""]);
      else expect(stderr.slice(0, message.length), args.join(" ")).to.equal(message);
      if (message !== "") expect(code, args.join(" ")).to.equal(2);
    }
    expect(existsSync(missing)).to.equal(false);
  });
});
