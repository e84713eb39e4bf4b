import { expect } from "chai";
import fc from "fast-check";
import { DeclarativeWorker, type NamePatterns, Runner } from "watchbill";
import { Problems } from "../../lib/registry/problems.js";
import { selectAmong, selectByName, selectionLines } from "../../lib/runner/name-patterns.js";
import { expectLinear } from "../linear.fixture.js";

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

describe("Selection of workers by name", () => {
  for (const [what, only, except, chosen] of [
    ["selects all without patterns", undefined, undefined, ["github/commits", "github/events", "gitlab/events", "Fetcher.eu"]],
    ["selects the worker that only names", "github/events", undefined, ["github/events"]],
    [
      "keeps the order of the runner, not of the names",
      ["gitlab/events", "github/commits"],
      undefined,
      ["github/commits", "gitlab/events"],
    ],
    ["matches any text with a star", "github/*", undefined, ["github/commits", "github/events"]],
    ["accepts several stars", "*/*s", undefined, ["github/commits", "github/events", "gitlab/events"]],
    ["matches the empty text with a star", "*github/events*", undefined, ["github/events"]],
    ["excludes what except names", undefined, "*/events", ["github/commits", "Fetcher.eu"]],
    ["excludes what except names from what only names", "github/*", ["github/events", "gitlab/*"], ["github/commits"]],
    ["treats only the star as special", "Fetcher.*", undefined, ["Fetcher.eu"]],
    ["is empty if everything is excluded", undefined, "*", []],
  ] as const) {
    it(what, () => expect(select(only, except)).to.deep.equal(chosen));
  }

  it("matches the whole name", () => {
    expect(problemsOf("events", undefined)).to.have.length(1);
    expect(problemsOf("github", undefined)).to.have.length(1);
    expect(problemsOf("Fetcherxeu", undefined)).to.have.length(1);
    expect(select(undefined, "events")).to.have.length(4);
  });

  it("matches special characters of regular expressions literally", () => {
    const name = "a\\b^c$d.e+f?g(h)i[j]k{1}l|m-n\nnext line";
    const odd = new DeclarativeWorker({ name, worker() {} });
    expect(select(name, undefined, [odd, ...workers])).to.deep.equal([name]);
    expect(select("a*line", undefined, [odd, ...workers])).to.deep.equal([name]);
  });

  it("rejects an empty list in only, as nothing would run", () => {
    expect(problemsOf([], undefined)).to.deep.equal([
      "The option only: it is empty, so nothing would run: leave it out to run all",
    ]);
  });

  it("lists the first twenty workers, and the number of further ones", () => {
    const many = Array.from({ length: 23 }, (_, i) => new DeclarativeWorker({ name: `w${i}`, worker() {} }));
    const problems = new Problems();
    selectByName(many, { only: "x" }, problems);
    expect(problems.toError().problems[0]).to.match(/there are w0, w1, .*, w19 and 3 more$/);
  });

  it("rejects names in only that no worker has, and lists the existing ones", () => {
    expect(problemsOf(["github/*", "github/comits", "gitlab"], undefined)).to.deep.equal([
      `The option only: "github/comits" names no worker; there are github/commits, github/events, gitlab/events, Fetcher.eu`,
      `The option only: "gitlab" names no worker; there are github/commits, github/events, gitlab/events, Fetcher.eu`,
    ]);
  });

  it("warns about names in except that no worker has, as such workers can be added later", () => {
    expect(select(undefined, ["github/*", "gitlab/evnts"])).to.deep.equal(["gitlab/events", "Fetcher.eu"]);
    expect(selectionLines(workers, { except: ["github/*", "gitlab/evnts"] })).to.deep.equal([
      `The option except: "gitlab/evnts" names no worker yet; there are github/commits, github/events, gitlab/events, Fetcher.eu`,
    ]);
  });

  for (const [pattern, name, fits] of [
    ["*", "", true],
    ["a*", "a", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*a", "aba", true],
    ["a*ba*ba", "aba", false],
    ["a*ba*ba", "ababa", true],
    ["*a*", "bbb", false],
    ["**a**", "bab", true],
    ["*ab", "aab", true],
    ["a*b", "a*b", true],
    ["a*bc*c", "abc", false],
    ["*a*a*", "a", false],
    ["*a*a*", "aba", true],
  ] as const) {
    it(`${fits ? "matches" : "does not match"} ${JSON.stringify(name)} with ${JSON.stringify(pattern)}`, () => {
      const worker = new DeclarativeWorker({ name: `w${name}`, worker() {} });
      expect(selectAmong([worker], { except: `w${pattern}` })).to.have.length(fits ? 0 : 1);
    });
  }

  it("matches a name like the equivalent regular expression, for random patterns", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    fc.assert(
      fc.property(letters, name, (pattern, name) => {
        const worker = new DeclarativeWorker({ name: `w${name}`, worker() {} });
        const expected = new RegExp(`^w${pattern.replaceAll("*", ".*")}$`).test(`w${name}`);
        expect(selectAmong([worker], { except: `w${pattern}` })).to.have.length(expected ? 0 : 1);
      }),
    );
  });

  it("takes linear time in the length of the name, with any number of stars", () => {
    expectLinear(20_000, (size) => {
      const worker = new DeclarativeWorker({ name: "a".repeat(size), worker() {} });
      selectAmong([worker], { except: "*a*a*a*a*a*a*a*b" });
    });
  });

  it("takes linear time in the number of workers and names", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => new DeclarativeWorker({ name: `w${i}`, worker() {} }));
    expectLinear(2_000, (size) => {
      const some = many.slice(0, size);
      selectByName(some, { only: some.map(({ label }) => label) }, new Problems());
    });
  });

  for (const [value, shown] of [
    [5, "5"],
    [true, "true"],
    [{ password: "secret" }, "an object with the key password"],
    [/github/, "an instance of RegExp"],
    [["github/*", 5], "5"],
  ] as const) {
    it(`rejects ${JSON.stringify(value)}, which is not a pattern`, () => {
      expect(problemsOf(value, undefined)).to.deep.equal([`The option only: ${shown} is not a name pattern: use a string`]);
      expect(problemsOf(undefined, value)).to.deep.equal([`The option except: ${shown} is not a name pattern: use a string`]);
    });
  }

  it("may name workers that are added later if there are none yet", () => {
    const runner = new Runner([], { only: ["later"], logger: { debug() {}, info() {}, warn() {}, error() {} } });
    runner.add(new DeclarativeWorker({ name: "later", worker() {} }));
    runner.add(new DeclarativeWorker({ name: "another", worker() {} }));
    expect(runner.workers.map(({ name }) => name)).to.deep.equal(["later"]);
  });
});
