import { expect } from "chai";
import {
  BootstrapError,
  bootstrap,
  DeclarativeWorker,
  type Runner,
  type RunnerOptions,
  retry,
  StaticBackoff,
  Worker,
  type WorkerContext,
} from "watchbill";
import { expectError, phases, recorder, silent, thrownBy, untilStopped } from "./commands.fixture.js";

const names = ["github/commits", "github/events", "gitlab/events", "mailer"];
const named = (name: string) => new DeclarativeWorker({ name, worker: untilStopped });
const runnerOf = (options: RunnerOptions = {}) => bootstrap(names.map(named), { logger: silent, signals: [], ...options });
const chosen = (options?: RunnerOptions) => runnerOf(options).workers.map(({ name }) => name);

/** The warnings in the log. */
function warnings() {
  const { lines, logger } = recorder();
  return { lines, logger: { ...logger, info() {} } };
}

describe("The workers that the environment selects", () => {
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

  it("are a subset of those that the options select", () => {
    setEnvironment({ WATCHBILL_ONLY: "github/*,mailer" });
    expect(chosen({ only: "*/events" })).to.deep.equal(["github/events"]);
    expect(chosen({ except: "*/events" })).to.deep.equal(["github/commits", "mailer"]);
    expect(chosen({ only: "gitlab/events" })).to.deep.equal([]);
    setEnvironment({ WATCHBILL_EXCEPT: "github/*" });
    expect(chosen({ only: "*/events" })).to.deep.equal(["gitlab/events"]);
    expect(chosen({ except: "mailer" })).to.deep.equal(["gitlab/events"]);
  });

  it("are the only ones that run", async () => {
    setEnvironment({ WATCHBILL_ONLY: "mailer" });
    const runner = runnerOf();
    const running = runner.run();
    expect(runner.status().map(({ name, phase }) => [name, phase])).to.deep.equal([["mailer", "running"]]);
    await runner.stop();
    await running;
  });

  it("cannot be none: ONLY without a matching name is an error, as it is in the options", () => {
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

  it("are those that ONLY names in this runner; other names can belong to another runner", async () => {
    setEnvironment({ WATCHBILL_ONLY: "imports,commits" });
    const { lines, logger } = warnings();
    const inner = bootstrap([named("commits"), named("events")], { logger });
    const runner = bootstrap([new DeclarativeWorker({ name: "imports", worker: inner }), named("mailer")], {
      logger,
      signals: [],
    });
    const running = runner.run();
    expect(phases(runner)).to.deep.equal({ imports: "running" });
    expect(phases(inner)).to.deep.equal({ "imports/commits": "running" });
    expect(lines).to.deep.equal([
      ["WATCHBILL_ONLY leaves out 1 of 2 workers (mailer)", undefined],
      ["WATCHBILL_ONLY leaves out 1 of 2 workers (events)", "imports"],
    ]);
    await runner.stop();
    await running;
  });

  for (const [what, nested] of [
    ["as a worker", (inner: Runner) => inner],
    ["with a retry", (inner: Runner) => retry(inner, new StaticBackoff({ sleep: "1s" }))],
    ["run directly", (inner: Runner) => (context: WorkerContext) => inner.run(context)],
  ] as const) {
    it(`cause one warning for a pattern that matches no worker of the runner or of nested runners: ${what}`, async () => {
      setEnvironment({ WATCHBILL_ONLY: "*,issues-x", WATCHBILL_EXCEPT: "events-y,typo-z" });
      const outer = warnings();
      const within = warnings();
      const inner = bootstrap([named("commits"), named("events-y")], { logger: within.logger, except: "typo-w" });
      const imports = new DeclarativeWorker({ name: "imports", worker: nested(inner) });
      const runner = bootstrap([imports, named("mailer")], { logger: outer.logger, signals: [] });
      const running = runner.run();
      expect(phases(inner)).to.deep.equal({ "imports/commits": "running" });
      expect(outer.lines).to.deep.equal([
        ['WATCHBILL_ONLY: "issues-x" names no worker yet; there are imports, mailer', undefined],
        ['WATCHBILL_EXCEPT: "typo-z" names no worker yet; there are imports, mailer', undefined],
      ]);
      expect(within.lines).to.deep.equal([
        ["WATCHBILL_EXCEPT leaves out 1 of 2 workers (events-y)", "imports"],
        ['The option except: "typo-w" names no worker yet; there are commits, events-y', "imports"],
      ]);
      await runner.stop();
      await running;
    });
  }

  it("include added ones that match a pattern; later runs and other runners do not warn about it", async () => {
    setEnvironment({ WATCHBILL_EXCEPT: "added-later" });
    const { lines, logger } = warnings();
    const runner = bootstrap([named("mailer")], { logger, signals: [] });
    const run = async (during = () => {}) => {
      const running = runner.run();
      during();
      await runner.stop();
      await running;
    };
    await run(() => runner.add(named("added-later")));
    expect(lines).to.deep.equal([
      ['WATCHBILL_EXCEPT: "added-later" names no worker yet; there are mailer', undefined],
      ["WATCHBILL_EXCEPT leaves out 1 of 1 workers (added-later)", undefined],
    ]);
    await run();
    expect(lines).to.have.length(2);
    const other = bootstrap([named("x")], { logger, signals: [] });
    const running = other.run();
    await other.stop();
    await running;
    expect(lines).to.have.length(2);
  });

  it("are selected by whole names, in which only the star is special", () => {
    setEnvironment({ WATCHBILL_EXCEPT: "mail,ailer,mail.r,github" });
    expect(chosen()).to.deep.equal(names);
    expect(thrownBy(() => setAndChoose("mail.r"))).to.be.instanceOf(BootstrapError);
  });

  it("include those that are added later, which ONLY need not name", () => {
    setEnvironment({ WATCHBILL_ONLY: "github/*", WATCHBILL_EXCEPT: "github/events" });
    const runner = runnerOf();
    const added = ["github/issues", "gitlab/issues"].flatMap((name) => runner.add(named(name)));
    expect(added.map(({ name }) => name)).to.deep.equal(["github/issues"]);
    expect(runner.workers.map(({ name }) => name)).to.deep.equal(["github/commits", "github/issues"]);
  });

  for (const [WATCHBILL_ONLY, WATCHBILL_EXCEPT, options, expected] of [
    [undefined, undefined, {}, []],
    ["*", undefined, {}, []],
    [undefined, undefined, { except: "mailer" }, []],
    [undefined, "github/*", {}, ["WATCHBILL_EXCEPT leaves out 2 of 4 workers (github/commits, github/events)"]],
    ["github/*", undefined, {}, ["WATCHBILL_ONLY leaves out 2 of 4 workers (gitlab/events, mailer)"]],
    [
      "github/*",
      "github/events",
      {},
      [
        "WATCHBILL_EXCEPT leaves out 1 of 4 workers (github/events), WATCHBILL_ONLY leaves out 2 of 4 workers (gitlab/events, mailer)",
      ],
    ],
    [undefined, "mailer", { except: "mailer" }, []],
    [
      undefined,
      "*",
      {},
      [
        "there are no workers to run: WATCHBILL_EXCEPT leaves out 4 of 4 workers (github/commits, github/events, gitlab/events, mailer)",
      ],
    ],
    [
      "mailer",
      undefined,
      { except: "mailer" },
      [
        "there are no workers to run: WATCHBILL_ONLY leaves out 3 of 4 workers (github/commits, github/events, gitlab/events), the option except leaves out 1 of 4 workers",
      ],
    ],
    [undefined, undefined, { except: "*" }, ["there are no workers to run: the option except leaves out 4 of 4 workers"]],
    [
      undefined,
      "githup/*",
      {},
      ['WATCHBILL_EXCEPT: "githup/*" names no worker yet; there are github/commits, github/events, gitlab/events, mailer'],
    ],
  ] as const) {
    it(`are logged at run() if others are left out: ONLY ${WATCHBILL_ONLY}, EXCEPT ${WATCHBILL_EXCEPT}, ${JSON.stringify(options)}`, async () => {
      setEnvironment({ WATCHBILL_ONLY, WATCHBILL_EXCEPT });
      const { lines, logger } = warnings();
      const runner = runnerOf({ ...options, logger });
      expect(lines).to.deep.equal([]);
      const running = runner.run();
      expect(lines).to.deep.equal(expected.map((line) => [line, undefined]));
      await runner.stop();
      await running;
    });
  }

  it("are logged when others are left out of an add: immediately during a run, otherwise at run()", async () => {
    setEnvironment({ WATCHBILL_EXCEPT: "github/*" });
    const { lines, logger } = warnings();
    const runner = bootstrap([named("mailer")], { logger, signals: [] });
    runner.add(named("github/commits"));
    expect(lines).to.deep.equal([]);
    const running = runner.run();
    const first = "WATCHBILL_EXCEPT leaves out 1 of 2 workers (github/commits)";
    expect(lines).to.deep.equal([[first, undefined]]);
    expect(runner.add(named("github/events"))).to.deep.equal([]);
    expect(lines.slice(1)).to.deep.equal([["WATCHBILL_EXCEPT leaves out 1 of 1 workers (github/events)", undefined]]);
    await runner.stop();
    await running;
  });

  it("are counted once if they are added together with those that are left out", async () => {
    setEnvironment({ WATCHBILL_EXCEPT: "Feed/b" });
    class Feed {
      @Worker
      a(context: WorkerContext) {
        return untilStopped(context);
      }

      @Worker
      b(context: WorkerContext) {
        return untilStopped(context);
      }
    }
    const { lines, logger } = warnings();
    const runner = bootstrap([named("mailer")], { logger, signals: [] });
    runner.add(Feed);
    const running = runner.run();
    expect(lines).to.deep.equal([["WATCHBILL_EXCEPT leaves out 1 of 3 workers (Feed/b)", undefined]]);
    await runner.stop();
    await running;
  });

  function setAndChoose(only: string) {
    setEnvironment({ WATCHBILL_ONLY: only });
    return chosen();
  }
});

/** Assigning undefined would set the variable to "undefined". */
function setEnvironment({ WATCHBILL_ONLY, WATCHBILL_EXCEPT }: Record<string, string | undefined>) {
  for (const [key, value] of Object.entries({ WATCHBILL_ONLY, WATCHBILL_EXCEPT })) {
    if (value === undefined) delete process.env[key];
    else process.env[key] = value;
  }
}
