import { expect } from "chai";
import fc from "fast-check";
import { UnknownWorkerError } from "watchbill";
import { listNames } from "../../lib/errors/list-names.js";
import { nearestNames } from "../../lib/errors/nearest-names.js";
import { expectLinear } from "../linear.fixture.js";

/** The Levenshtein distance, without a limit. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const change = (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The simplest implementation, without optimizations. */
function expected(wanted: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, mistakes: Math.min(...[name, ...name.split("/")].map((part) => distance(wanted, part))) }))
    .filter(({ name, mistakes }) => mistakes <= Math.min(8, Math.floor(Math.max(Math.min(wanted.length, name.length) / 3, 1))))
    .sort((a, b) => a.mistakes - b.mistakes)
    .slice(0, 3)
    .map(({ name }) => name);
  return near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there are ${names.join(", ")}`;
}

describe("The nearest names", () => {
  it("are up to three with the fewest differences, in the order of the list", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "c", "/"), maxLength: 14 });
    fc.assert(
      fc.property(name, fc.array(name, { minLength: 1, maxLength: 12 }), (wanted, names) => {
        expect(nearestNames(wanted, names)).to.equal(expected(wanted, names));
      }),
      { numRuns: 2_000 },
    );
  });

  it("are found in linear time in the number of names, for any kind of names", () => {
    const families: ((index: number) => string)[] = [
      (i) => `worker-${i}`,
      (i) => `${i}-worker`,
      (i) => `some/group/of/some/region/worker-${i}/with/a/tail`,
      (i) => String(i * 7919).padStart(12, "ab"),
      () => "a".repeat(200),
    ];
    for (const nameOf of families) {
      const names = Array.from({ length: 20_000 }, (_, i) => nameOf(i));
      for (const wanted of ["worker-x", nameOf(5_000).replace("5", "x"), "ab".repeat(6), `${"a".repeat(190)}b`]) {
        expectLinear(2_000, (size) => nearestNames(wanted, names.slice(0, size)));
      }
    }
  });

  it("are not searched for if the requested name is too long, or not a string", () => {
    expectLinear(20_000, (size) => nearestNames("a".repeat(size), ["a".repeat(size), "b"]));
    expect(nearestNames("a".repeat(100_000), ["abc", "x"])).to.equal("there are abc, x");
    expect(nearestNames(undefined as never, ["abc", "x"])).to.equal("there are abc, x");
  });

  it("are shortened in the message, also in a list of all names", () => {
    const long = `${"a".repeat(150)}`;
    expect(nearestNames(`${long}b`, [long])).to.equal(`did you mean ${"a".repeat(100)}… (150 characters)?`);
    expect(nearestNames("xyz", ["b".repeat(100_000), "c"])).to.equal(`there are ${"b".repeat(100)}… (100000 characters), c`);
  });
});

describe("A list of names", () => {
  it("has the first twenty, and the number of the others", () => {
    const names = Array.from({ length: 22 }, (_, index) => `n${index}`);
    expect(listNames(names.slice(0, 20))).to.equal(names.slice(0, 20).join(", "));
    expect(listNames(names)).to.equal(`${names.slice(0, 20).join(", ")} and 2 more`);
  });
});

describe("UnknownWorkerError", () => {
  it("shortens a long name, and describes a value that is not a name", () => {
    const messageOf = (worker: unknown) => new UnknownWorkerError(worker as never, ["a/b"]).message;
    expect(messageOf("x".repeat(100_000))).to.equal(
      `There is no worker "${"x".repeat(100)}… (100000 characters)": there are a/b`,
    );
    expect(messageOf(undefined)).to.equal("There is no worker undefined: there are a/b");
    expect(messageOf({ password: "secret" })).to.equal("There is no worker an object with the key password: there are a/b");
  });
});
