import { expect } from "chai";
import { innerNames, nestName } from "../../lib/runtime/nest-name.js";

describe("The name of a worker within another", () => {
  const cases: [outer: string, inner: string, name: string][] = [
    ["", "commits", "commits"],
    ["github", "", "github"],
    ["github", "commits", "github/commits"],
    ["github", "github", "github"],
    ["github", "github/commits", "github/commits"],
    ["github", "githubs/commits", "github/githubs/commits"],
    ["nested/github", "github", "nested/github"],
    ["nested/github", "github/commits", "nested/github/commits"],
    ["nested/git", "github/commits", "nested/git/github/commits"],
    ["a/b/c", "b/c/d", "a/b/c/d"],
    ["a/b", "a/b/c", "a/b/c"],
    ["a/", "b", "a//b"],
  ];
  for (const [outer, inner, name] of cases) {
    it(`is ${name || "empty"} for ${inner || "nothing"} in ${outer || "nothing"}`, () => {
      expect(nestName(outer, inner)).to.equal(name);
    });

    if (inner !== "" && outer !== "") {
      it(`has ${inner} among its inner names in ${outer}: ${name}`, () => {
        expect([name, ...innerNames(outer, name)]).to.include(inner);
      });
    }
  }

  it("has as many inner names at most as the outer name has parts", () => {
    expect(innerNames("a/b", "a/b/c/d/e")).to.deep.equal(["b/c/d/e", "c/d/e"]);
    expect(innerNames("", "a/b")).to.deep.equal([]);
    expect(innerNames("a", 5)).to.deep.equal([]);
  });
});
