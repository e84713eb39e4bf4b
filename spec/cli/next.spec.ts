import { expect } from "chai";
import { app, expectGolden, Folder, thursday, useEnvironment, watchbill } from "./command.fixture.js";

describe("watchbill next", () => {
  useEnvironment(() => ({ TZ: "Europe/Berlin" }));

  const beforeSpring = Date.parse("2027-03-26T12:00:00Z");

  it("shows the next times of a pattern, local and UTC, and marks the days on which the clocks change", async () => {
    const { code, stdout, stderr } = await watchbill(["next", "30 2 * * *", "-n", "4", "--timezone", "Europe/Berlin"], {
      now: beforeSpring,
    });
    expect([code, stderr]).to.deep.equal([0, ""]);
    expectGolden("next-spring.txt", stdout);
  });

  it("marks the day on which the clocks go back", async () => {
    const now = Date.parse("2027-10-30T12:00:00Z");
    const { stdout } = await watchbill(["next", "0 12 * * *", "-n", "2", "--timezone", "America/New_York"], { now });
    expect(stdout).to.not.include("clocks go");
    const november = await watchbill(["next", "0 12 * * *", "-n", "9", "--timezone", "America/New_York"], { now });
    expect(november.stdout.match(/clocks go.*/g)).to.deep.equal(["clocks go back from 02:00 to 01:00"]);
  });

  it("marks the day that a change at midnight begins, or repeats the end of", async () => {
    for (const [from, marked] of [
      ["2027-04-28T06:00:00Z", "Fri 2027-04-30 12:00:00"],
      ["2027-10-27T06:00:00Z", "Thu 2027-10-28 12:00:00"],
    ] as const) {
      const { stdout } = await watchbill(["next", "0 12 * * *", "-n", "5", "--timezone", "Africa/Cairo"], {
        now: Date.parse(from),
      });
      const days = stdout.split("\n").filter((line) => line.includes("clocks go"));
      expect(days.map((line) => line.slice(0, marked.length))).to.deep.equal([marked]);
    }
  });

  it("uses the time zone of the process by default", async () => {
    const { stdout } = await watchbill(["next", "@daily", "-n", "1"]);
    expect(stdout).to.equal(`\
Europe/Berlin                UTC                   LEFT  CLOCKS
Fri 2026-11-27 00:00:00 CET  2026-11-26 23:00:00Z  15h
`);
  });

  it("shows the next times of a worker of a module", async () => {
    const { stdout } = await watchbill(["next", app, "reports/daily", "-n", "2"]);
    expect(stdout).to.equal(`\
Europe/Berlin                UTC                   LEFT    CLOCKS
Fri 2026-11-27 03:00:00 CET  2026-11-27 02:00:00Z  18h
Sat 2026-11-28 03:00:00 CET  2026-11-28 02:00:00Z  1d 18h
`);
  });

  it("says that the times of an interval depend on the start", async () => {
    const { stdout, stderr } = await watchbill(["next", app, "github/commits", "-n", "2"]);
    expect(stderr).to.equal("github/commits is due every 5s after its start: these are the times if it starts now\n");
    expect(stdout).to.include("2026-11-26 08:00:05Z").and.include("2026-11-26 08:00:10Z");
  });

  it("prints JSON", async () => {
    const { stdout } = await watchbill(["next", "0 3 * * *", "-n", "1", "--json"]);
    expect(JSON.parse(stdout)).to.deep.equal([
      {
        time: Date.parse("2026-11-27T02:00:00Z"),
        local: "Fri 2026-11-27 03:00:00 CET",
        utc: "2026-11-27T02:00:00.000Z",
        clocks: null,
      },
    ]);
  });

  it("says so if a pattern is never due again", async () => {
    const { code, stdout } = await watchbill(["next", "0 0 3 1 1 * 2020"], { now: thursday });
    expect([code, stdout]).to.deep.equal([0, "It is never due\n"]);
  });

  it("refuses what it cannot read, and names the nearest", async () => {
    const refusals: [string[], string][] = [
      [["next", "61 * * * *"], 'The cron pattern "61 * * * *" has the minute "61": use 0 to 59'],
      [["next", "0 3 * * *", "--timezone", "Europe/Berln"], "did you mean Europe/Berlin"],
      [["next", app, "reports/daily", "--timezone", "Europe/Berln"], "did you mean Europe/Berlin"],
      [["next", app, "github/comits"], 'There is no worker "github/comits": did you mean github/commits'],
      [["next", app, "github/events"], "github/events is a continuous worker: it is not due at any time"],
      [["next", app], "Name a worker of spec/cli/modules/app.ts: watchbill next spec/cli/modules/app.ts github/commits"],
      [["next", "@daily", "-n", "0"], "Use a whole number from 1 to 100000."],
    ];
    for (const [args, message] of refusals) {
      const { code, stdout, stderr } = await watchbill(args);
      expect([code, stdout], args.join(" ")).to.deep.equal([2, ""]);
      expect(stderr).to.include(message);
    }
  });

  it("exits with 3 if the module has problems", async () => {
    const folder = new Folder();
    const file = folder.write("app.ts", "export const sources = [class {}];");
    const { code, stderr } = await watchbill(["next", file, "x"]);
    folder.remove();
    expect(code).to.equal(3);
    expect(stderr).to.include("has no workers: decorate a method");
  });
});
