import { expect } from "chai";
import { nestedName } from "../../lib/dashboard/worker-directory.js";
import { nestName } from "../../lib/runtime/nest-name.js";

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

    if (inner !== "") {
      it(`is the same on the dashboard: ${name}, for ${inner} in ${outer || "nothing"}`, () => {
        expect(nestedName(outer, inner)).to.equal(name);
      });
    }
  }
});
