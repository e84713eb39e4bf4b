import { readFileSync } from "node:fs";
import { expect } from "chai";
import { packageOf, versionOf } from "../matrix/cell.js";
import { cells, sample } from "../matrix/cells.js";
import { rowOf, rowsIn, updateTable } from "../matrix/table.js";
import versions from "../matrix/versions.json" with { type: "json" };

describe("the matrix of toolchains", () => {
  const page = readFileSync("docs/toolchains.md", "utf8");

  it("has run as the table in docs/toolchains.md says: npm run matrix", () => {
    expect(rowsIn(page)).to.deep.equal(cells.map(rowOf));
  });

  it("knows each cell by an id of its own, and has those of the sample", () => {
    const ids = cells.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(sample.filter((id) => !ids.includes(id))).to.deep.equal([]);
  });

  it("says what to do about every failure", () => {
    expect(cells.filter(({ expected, cure }) => "says" in expected && cure === undefined)).to.deep.equal([]);
  });

  it("pins exact versions, each of which a cell needs", () => {
    expect(Object.values(versions).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).to.deep.equal([]);
    const used = cells.flatMap(({ packages, version }): string[] => [...packages, version]);
    expect(Object.keys(versions).filter((tool) => !used.includes(tool))).to.deep.equal([]);
  });

  it("names the package of a tool without its version", () => {
    expect([packageOf("@babel/core@7"), packageOf("@babel/core"), packageOf("tsx"), packageOf("node@26")]).to.deep.equal([
      "@babel/core",
      "@babel/core",
      "tsx",
      "node",
    ]);
    expect(versionOf("node@26")).to.match(/^26\./);
  });

  it("writes the rows of what has run, and keeps those of cells that have not", () => {
    const [first, second, third] = cells;
    if (first === undefined || second === undefined || third === undefined) throw new Error("there are too few cells");
    const empty = updateTable(page, [], []);
    expect(rowsIn(empty)).to.deep.equal([]);
    const one = updateTable(empty, [first, second, third], [second]);
    expect(rowsIn(one)).to.deep.equal([rowOf(second)]);
    const two = updateTable(one, [first, second, third], [third]);
    expect(rowsIn(two)).to.deep.equal([rowOf(second), rowOf(third)]);
    expect(rowsIn(updateTable(two, [{ ...second, tool: "another" }, third], []))).to.deep.equal([rowOf(third)]);
  });
});
