import { expect } from "chai";
import { BootstrapError, bootstrap, DeclarativeWorker, type Selection } from "watchbill";
import { expectError, phases, recorder, silent, thrownBy, untilStopped } from "./orders.fixture.js";

const names = ["github/commits", "github/events", "gitlab/events", "mailer"];
const named = (name: string) => new DeclarativeWorker({ name, worker: untilStopped });
const runnerOf = (options: Selection = {}) => bootstrap(names.map(named), { logger: silent, signals: [], ...options });
const chosen = (options?: Selection) => runnerOf(options).workers.map(({ name }) => name);

describe("The workers that the environment chooses", () => {
  const { WATCHBILL_ONLY, WATCHBILL_EXCEPT } = process.env;

  beforeEach(() => setEnvironment({}));
  afterEach(() => setEnvironment({ WATCHBILL_ONLY, WATCHBILL_EXCEPT }));

  for (const [WATCHBILL_ONLY, WATCHBILL_EXCEPT, wanted] of [
    [undefined, undefined, names],
    ["mailer", undefined, ["mailer"]],
    ["mailer,github/commits", undefined, ["github/commits", "mailer"]],
    ["*/events", undefined, ["github/events", "gitlab/events"]],
    [undefined, "mailer", ["github/commits", "github/events", "gitlab/events"]],
    [undefined, "mailer,github/*", ["gitlab/events"]],
    [undefined, "nobody", names],
    ["github/*", "*/events", ["github/commits"]],
    [" mailer ,\tgithub/commits\n", undefined, ["github/commits", "mailer"]],
    [undefined, " mailer , github/* ", ["gitlab/events"]],
    ["mailer,,", ",,github/*,", ["mailer"]],
    ["", "", names],
    [" , ", " , ", names],
  ] as const) {
    it(`are ${wanted.join(", ")} with ONLY ${JSON.stringify(WATCHBILL_ONLY)} and EXCEPT ${JSON.stringify(WATCHBILL_EXCEPT)}`, () => {
      setEnvironment({ WATCHBILL_ONLY, WATCHBILL_EXCEPT });
      expect(chosen()).to.deep.equal(wanted);
    });
  }

  it("are of those that the options choose, and never more", () => {
    setEnvironment({ WATCHBILL_ONLY: "github/*,mailer" });
    expect(chosen({ only: "*/events" })).to.deep.equal(["github/events"]);
    expect(chosen({ except: "*/events" })).to.deep.equal(["github/commits", "mailer"]);
    expect(chosen({ only: "gitlab/events" })).to.deep.equal([]);
    setEnvironment({ WATCHBILL_EXCEPT: "github/*" });
    expect(chosen({ only: "*/events" })).to.deep.equal(["gitlab/events"]);
    expect(chosen({ except: "mailer" })).to.deep.equal(["gitlab/events"]);
  });

  it("are all that run", async () => {
    setEnvironment({ WATCHBILL_ONLY: "mailer" });
    const runner = runnerOf();
    const running = runner.run();
    expect(runner.status().map(({ name, phase }) => [name, phase])).to.deep.equal([["mailer", "running"]]);
    await runner.stop();
    await running;
  });

  it("are none, which is a problem, if ONLY names nobody, as it is in the options", () => {
    setEnvironment({ WATCHBILL_ONLY: "github/comits,gitlab", WATCHBILL_EXCEPT: "nobody" });
    const there = "names no worker; there are github/commits, github/events, gitlab/events, mailer";
    expectError(
      thrownBy(() => runnerOf({ only: "githup/*" })),
      BootstrapError,
      [
        "Nothing was started, because of 3 problems:",
        `The option only: "githup/*" ${there}`,
        `WATCHBILL_ONLY: "github/comits" ${there}`,
        `WATCHBILL_ONLY: "gitlab" ${there}`,
      ].join("\n  - "),
    );
  });

  it("are chosen by those names in ONLY that are of this roster; the others may be of another, and are warned of", async () => {
    setEnvironment({ WATCHBILL_ONLY: "imports,commits" });
    const { lines, logger } = recorder();
    const inner = bootstrap([named("commits"), named("events")], { logger });
    const runner = bootstrap([new DeclarativeWorker({ name: "imports", worker: inner }), named("mailer")], {
      logger,
      signals: [],
    });
    const running = runner.run();
    expect(phases(runner)).to.deep.equal({ imports: "running" });
    expect(phases(inner)).to.deep.equal({ commits: "running" });
    expect(lines).to.deep.equal([
      ["started 1 worker", undefined],
      ['WATCHBILL_ONLY: "commits" names no worker; there are imports', undefined],
      ["started 1 worker", "imports"],
      ['WATCHBILL_ONLY: "imports" names no worker; there are commits', "imports"],
    ]);
    await runner.stop();
    await running;
  });

  it("are chosen by whole names, in which nothing but the star is special", () => {
    setEnvironment({ WATCHBILL_EXCEPT: "mail,ailer,mail.r,github" });
    expect(chosen()).to.deep.equal(names);
    expect(thrownBy(() => setAndChoose("mail.r"))).to.be.instanceOf(BootstrapError);
  });

  it("are of those that are added later, too, and those need not be named", () => {
    setEnvironment({ WATCHBILL_ONLY: "github/*", WATCHBILL_EXCEPT: "github/events" });
    const runner = runnerOf();
    const added = ["github/issues", "gitlab/issues"].flatMap((name) => runner.add(named(name)));
    expect(added.map(({ name }) => name)).to.deep.equal(["github/issues"]);
    expect(runner.workers.map(({ name }) => name)).to.deep.equal(["github/commits", "github/issues"]);
  });

  function setAndChoose(only: string) {
    setEnvironment({ WATCHBILL_ONLY: only });
    return chosen();
  }
});

/** To assign undefined would be to set it to "undefined". */
function setEnvironment({ WATCHBILL_ONLY, WATCHBILL_EXCEPT }: Record<string, string | undefined>) {
  for (const [key, value] of Object.entries({ WATCHBILL_ONLY, WATCHBILL_EXCEPT })) {
    if (value === undefined) delete process.env[key];
    else process.env[key] = value;
  }
}
