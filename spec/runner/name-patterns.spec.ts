import { expect } from "chai";
import { DeclarativeWorker } from "watchbill";
import { Problems } from "../../lib/registry/problems.js";
import { type NamePatterns, selectByName } from "../../lib/runner/name-patterns.js";

const workers = ["github/commits", "github/events", "gitlab/events", "Fetcher.eu"].map(
  (name) => new DeclarativeWorker({ name, worker() {} }),
);

const select = (only?: NamePatterns, except?: NamePatterns, among = workers) => {
  const problems = new Problems();
  const chosen = selectByName(among, { only, except }, problems);
  if (problems.count > 0) throw problems.toError();
  return chosen.map(({ name }) => name);
};

const problemsOf = (only: unknown, except: unknown): readonly string[] => {
  const problems = new Problems();
  selectByName(workers, { only: only as never, except: except as never }, problems);
  return problems.toError().problems;
};

describe("The choice of workers by name", () => {
  for (const [what, only, except, chosen] of [
    ["is all without patterns", undefined, undefined, ["github/commits", "github/events", "gitlab/events", "Fetcher.eu"]],
    ["is the one that only names", "github/events", undefined, ["github/events"]],
    [
      "is in the order of the roster, not of the names",
      ["gitlab/events", "github/commits"],
      undefined,
      ["github/commits", "gitlab/events"],
    ],
    ["may be by a star for anything", "github/*", undefined, ["github/commits", "github/events"]],
    ["may be by several stars", "*/*s", undefined, ["github/commits", "github/events", "gitlab/events"]],
    ["has a star stand for nothing, too", "*github/events*", undefined, ["github/events"]],
    ["leaves out what except names", undefined, "*/events", ["github/commits", "Fetcher.eu"]],
    ["leaves out what except names of what only does", "github/*", ["github/events", "nobody"], ["github/commits"]],
    ["takes nothing but the star for special", "Fetcher.eu", "Fetcherxeu", ["Fetcher.eu"]],
    ["may be empty because everything is left out", undefined, "*", []],
  ] as const) {
    it(what, () => expect(select(only, except)).to.deep.equal(chosen));
  }

  it("is by the whole name", () => {
    expect(problemsOf("events", undefined)).to.have.length(1);
    expect(problemsOf("github", undefined)).to.have.length(1);
    expect(select(undefined, "events")).to.have.length(4);
  });

  it("takes every sign of a regular expression at its word", () => {
    const name = "a\\b^c$d.e+f?g(h)i[j]k{1}l|m-n\nnext line";
    const odd = new DeclarativeWorker({ name, worker() {} });
    expect(select(name, undefined, [odd, ...workers])).to.deep.equal([name]);
    expect(select("a*line", undefined, [odd, ...workers])).to.deep.equal([name]);
  });

  it("refuses an empty list in only, as nothing would run", () => {
    expect(problemsOf([], undefined)).to.deep.equal([
      "The option only: it is empty, so nothing would run: leave it out to run all",
    ]);
  });

  it("names the first twenty workers, and how many more there are", () => {
    const many = Array.from({ length: 23 }, (_, i) => new DeclarativeWorker({ name: `w${i}`, worker() {} }));
    const problems = new Problems();
    selectByName(many, { only: "x" }, problems);
    expect(problems.toError().problems[0]).to.match(/there are w0, w1, .*, w19 and 3 more$/);
  });

  it("refuses names in only that nobody has, and says who there is", () => {
    expect(problemsOf(["github/*", "github/comits", "gitlab"], undefined)).to.deep.equal([
      `The option only: "github/comits" names no worker; there are github/commits, github/events, gitlab/events, Fetcher.eu`,
      `The option only: "gitlab" names no worker; there are github/commits, github/events, gitlab/events, Fetcher.eu`,
    ]);
  });

  for (const [value, shown] of [
    [5, "5"],
    [true, "true"],
    [{}, "{}"],
    [/github/, "/github/"],
    [["github/*", 5], "5"],
  ] as const) {
    it(`refuses what is no pattern: ${JSON.stringify(value)}`, () => {
      expect(problemsOf(value, undefined)).to.deep.equal([`The option only: ${shown} is not a name pattern: give a string`]);
      expect(problemsOf(undefined, value)).to.deep.equal([`The option except: ${shown} is not a name pattern: give a string`]);
    });
  }
});
