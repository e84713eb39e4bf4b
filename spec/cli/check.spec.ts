import { expect } from "chai";
import { app, expectGolden, Folder, useEnvironment, watchbill } from "./command.fixture.js";
import { CommandProcess } from "./process.fixture.js";

describe("watchbill check", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });
  useEnvironment(() => ({ TZ: "Europe/Berlin" }));
  afterEach(() => {
    CommandProcess.killAll();
    folder.remove();
  });

  const imports = `
    import { bootstrap, DeclarativeWorker, ExponentialBackoff, Named, Repeat, Retry, RetryJob, StaticBackoff, Timeout, Worker } from "watchbill";
    import { cron } from "watchbill/cron";
  `;

  let modules = 0;

  /** Checks a module of its own, as a module is loaded once. */
  async function check(code: string, ...options: string[]) {
    return watchbill(["check", folder.write(`${++modules}/app.ts`, imports + code), ...options]);
  }

  async function rulesOf(code: string, ...options: string[]): Promise<string[]> {
    const { stdout } = await check(code, "--json", ...options);
    const { lints }: { lints: { rule: string; worker: string | null }[] } = JSON.parse(stdout);
    return lints.map(({ rule, worker }) => (worker === null ? rule : `${rule} ${worker}`));
  }

  it("exits with 0 if nothing is wrong", async () => {
    const { code, stdout, stderr } = await watchbill(["check", app]);
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.equal("spec/cli/modules/app.ts: 4 workers, 0 problems, 0 lints\n");
  });

  it("reports every problem of sources, and exits with 3", async () => {
    const { code, stdout } = await check(`
      export class Billing {
        @Repeat("5 parsecs") a() {}
        @Repeat("1s") @Worker b() {}
      }
      export class Mail { constructor(readonly host: string) {} @Worker c() {} }
    `);
    expect(code).to.equal(3);
    expectGolden("check-problems.txt", stdout.replaceAll(`${folder.path}/${modules}`, "…"));
  });

  it("reports the problems of a runner that cannot be made on import", async () => {
    const { code, stdout } = await check(
      `
      class Billing { @Repeat("5 parsecs") a() {} }
      export default bootstrap([Billing]);
    `,
      "--json",
    );
    expect(code).to.equal(3);
    expect(JSON.parse(stdout)).to.have.property("problems").of.length(1);
  });

  it("reports a module that cannot be loaded as a problem", async () => {
    const { code, stdout, stderr } = await check("throw new Error('no database');", "--json");
    expect([code, stderr]).to.deep.equal([3, ""]);
    const { problems }: { problems: string[] } = JSON.parse(stdout);
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/app\.ts cannot be loaded: Error: no database\n/);
  });

  it("exits with 3 if the module ends the process, and says so", async () => {
    const file = folder.write("app.ts", "process.exit(0);");
    const command = new CommandProcess(["check", file]);
    expect(await command.ended).to.equal(3);
    expect([command.stdout, command.stderr]).to.deep.equal([
      "",
      `${file} has ended the process when it was imported, with the exit code 0: do that in another file\n`,
    ]);
  }).timeout("60s");

  it("says that a folder is not a module, and names those in it", async () => {
    folder.write("app.ts", "");
    const { code, stderr } = await watchbill(["check", folder.path]);
    expect([code, stderr]).to.deep.equal([2, `${folder.path} is a folder: name a module in it; there are app.ts\n`]);
  });

  it("exits with 3 if the reader of its output has left", async () => {
    const file = folder.write("app.ts", `${imports} export class Billing { @Repeat("5 parsecs") a() {} }`);
    const command = new CommandProcess(["check", file]);
    command.closeStdout();
    expect(await command.ended, command.stderr).to.equal(3);
  }).timeout("60s");

  it("reports lints, and exits with 3 only if it is strict", async () => {
    const code = `
      @Named("reports")
      export class Reports {
        @Repeat(cron("30 2 * * *", { timezone: "Europe/Berlin" })) @Timeout("1m") daily() {}
        @Repeat("10s") @RetryJob({ backoff: new StaticBackoff({ sleep: "6s" }), maxAttempts: 3 }) often() {}
      }
    `;
    const { code: lenient, stdout } = await check(code);
    expect(lenient).to.equal(0);
    expectGolden("check-lints.txt", stdout.replaceAll(`${folder.path}/${modules}`, "…"));
    expect((await check(code, "--strict")).code).to.equal(3);
    const rules = ["skipped-hour", "long-retries", "short-shutdown"].flatMap((rule) => ["--ignore", rule]);
    expect((await check(code, "--strict", ...rules)).code).to.equal(0);
  });

  describe("the lint minified-name", () => {
    it("finds classes of one or two letters, and not those that @Named names", async () => {
      const code = `
        export class ab { @Repeat("1h") x() {} }
        @Named("eu") export class Europe { @Repeat("1h") x() {} }
        export class Abc { @Repeat("1h") x() {} }
      `;
      expect(await rulesOf(code)).to.deep.equal(["minified-name"]);
    });

    it("finds short names of groups if only the runner is known", async () => {
      expect(await rulesOf(`class a { @Repeat("1h") x() {} }\nexport default bootstrap([a]);`)).to.deep.equal(["minified-name"]);
    });
  });

  it("finds short names of groups in a runner within the runner", async () => {
    const code = `
      class a { @Repeat("1h") x() {} }
      const inner = new DeclarativeWorker({ name: "inner", worker: bootstrap([a]) });
    `;
    expect(await rulesOf(`${code} export default bootstrap([inner]);`)).to.deep.equal(["minified-name"]);
    expect(await rulesOf(`${code} export const sources = [inner];`)).to.deep.equal(["minified-name"]);
  });

  describe("the lint crowded-second", () => {
    const workers = (count: number, repeat: string): string => `
      export const sources = Array.from({ length: ${count} }, (_, index) =>
        new DeclarativeWorker({ name: "worker " + index, job: () => {}, repeat: ${repeat} }));
    `;

    it("finds more workers in one second than are allowed", async () => {
      expect(await rulesOf(workers(11, '"1h"'))).to.deep.equal(["crowded-second"]);
      expect(await rulesOf(workers(10, '"1h"'))).to.deep.equal([]);
      expect(await rulesOf(workers(11, '"1h"'), "--max-at-once", "11")).to.deep.equal([]);
    });

    it("finds schedules that meet at one time of the day, and names it", async () => {
      const { stdout } = await check(
        workers(6, "index % 2 === 0 ? cron('0 */5 * * *') : cron('0 */3 * * *')"),
        "--max-at-once",
        "5",
      );
      expect(stdout).to.include("6 workers are due at 2026-11-26 15:00:00 (worker 0, worker 2, worker 4, worker 1");
    });

    it("leaves out workers that are spread by a jitter", async () => {
      expect(await rulesOf(workers(11, '{ interval: "1h", jitter: "1m" }'))).to.deep.equal([]);
      expect(await rulesOf(workers(11, '{ interval: "1h", initialDelay: index * 1_000 }'))).to.deep.equal([]);
    });
  });

  describe("the lint skipped-hour", () => {
    const daily = (pattern: string, zone: string): string => `
      @Named("reports") export class Reports { @Repeat(cron("${pattern}", { timezone: "${zone}" })) daily() {} }
    `;

    it("finds a fixed time that the clocks skip", async () => {
      for (const [pattern, zone] of [
        ["30 2 * * *", "Europe/Berlin"],
        ["0 2 28 3 *", "Europe/Berlin"],
        ["*/10 2 * * *", "America/New_York"],
        ["0 0 * * *", "Africa/Cairo"],
      ] as const)
        expect(await rulesOf(daily(pattern, zone)), pattern).to.deep.equal(["skipped-hour reports/daily"]);
    });

    it("finds nothing at other times, without a change of the clocks, and hourly or more often", async () => {
      for (const [pattern, zone] of [
        ["0 3 * * *", "Europe/Berlin"],
        ["30 2 * * *", "UTC"],
        ["30 2 * * *", "Asia/Kolkata"],
        ["30 2 * 7 *", "Europe/Berlin"],
        ["0 * * * *", "Europe/Berlin"],
        ["*/5 * * * *", "Europe/Berlin"],
      ] as const)
        expect(await rulesOf(daily(pattern, zone)), `${pattern} ${zone}`).to.deep.equal([]);
    });
  });

  describe("the lint long-retries", () => {
    const retried = (repeat: string, policy: string, more = ""): string => `
      @Named("github") export class Github { @Repeat(${repeat}) @RetryJob(${policy}) ${more} commits() {} }
    `;

    it("finds retries whose delays are longer than the interval, without their jitter", async () => {
      const exponential = (attempts: number): string =>
        `{ backoff: new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 1 }), maxAttempts: ${attempts} }`;
      // The delays are 1, 2, 4 and 8 s.
      expect(await rulesOf(retried('"10s"', exponential(4)))).to.deep.equal([]);
      expect(await rulesOf(retried('"10s"', exponential(5)))).to.deep.equal(["long-retries github/commits"]);
    });

    it("finds nothing if the delays are as long as the interval", async () => {
      const policy = (attempts: number): string => `{ backoff: new StaticBackoff({ sleep: "5s" }), maxAttempts: ${attempts} }`;
      expect(await rulesOf(retried('"10s"', policy(3)))).to.deep.equal([]);
      expect(await rulesOf(retried('"10s"', policy(4)))).to.deep.equal(["long-retries github/commits"]);
    });

    it("compares with the shortest time between two times of a schedule", async () => {
      const policy = '{ backoff: new StaticBackoff({ sleep: "5m" }), maxAttempts: 4 }';
      expect(await rulesOf(retried('cron("0,10 * * * *")', policy))).to.deep.equal(["long-retries github/commits"]);
      expect(await rulesOf(retried('cron("0,20 * * * *")', policy))).to.deep.equal([]);
    });

    it("finds nothing if a timeout ends the run before, or if retries are meant to go on", async () => {
      const policy = '{ backoff: new StaticBackoff({ sleep: "1m" }), maxAttempts: 4 }';
      expect(await rulesOf(retried('"10s"', policy, '@Timeout("9s")'))).to.deep.equal([]);
      expect(await rulesOf(retried('"10s"', 'new StaticBackoff({ sleep: "1m" })'))).to.deep.equal([]);
    });
  });

  describe("the lint short-shutdown", () => {
    it("finds a timeout that is longer than the time to stop, of the worker or its runner", async () => {
      const github = (timeout: string): string => `class Github { @Repeat("1h") @Timeout("${timeout}") commits() {} }`;
      expect(await rulesOf(`export ${github("26s")}`)).to.deep.equal(["short-shutdown Github/commits"]);
      expect(await rulesOf(`export ${github("25s")}`)).to.deep.equal([]);
      const runner = `${github("26s")}\nexport default bootstrap([Github], { shutdownTimeout: "30s" });`;
      expect(await rulesOf(runner)).to.deep.equal([]);
      const own = `export default bootstrap([new DeclarativeWorker({ name: "w", job() {}, repeat: "1h", timeout: "30s", shutdownTimeout: "1m" })]);`;
      expect(await rulesOf(own)).to.deep.equal([]);
    });
  });

  it("refuses a lint that does not exist", async () => {
    const { code, stderr } = await watchbill(["check", app, "--ignore", "skiped-hour"]);
    expect(code).to.equal(2);
    expect(stderr).to.equal(
      "There is no lint skiped-hour: there are minified-name, crowded-second, missed-runs, skipped-hour, long-retries, short-shutdown\n",
    );
  });
});
