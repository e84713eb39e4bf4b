import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";

/** The rows of the fault matrix: the fault, what happens, and the spec that proves it, by its file and its title. */
function faults(markdown: string): { fault: string; file: string; title: string }[] {
  const rows = markdown.matchAll(/^\| ([^|]+) \| [^|]+ \| \[([^\]]+)\]\(([^)]+)\) \|$/gm);
  return [...rows].map(([, fault = "", title = "", file = ""]) => ({ fault, file, title }));
}

describe("docs/supervision.md", () => {
  const markdown = readFileSync("docs/supervision.md", "utf8");

  it("names a spec for every fault, and it is there", () => {
    const known = faults(markdown);
    expect(known).to.have.length.above(25);
    for (const { fault, file, title } of known) {
      const spec = join("docs", file);
      expect(existsSync(spec), `${spec}, which is to prove: ${fault}`).to.equal(true);
      expect(readFileSync(spec, "utf8"), `the spec that is to prove: ${fault}`).to.include(title);
    }
  });
});

describe("the docs", () => {
  for (const path of ["docs/supervision.md", "docs/fleet.md", "docs/fleet-load.md", "docs/logging.md"]) {
    it(`link to what is there: ${path}`, () => {
      const text = readFileSync(path, "utf8").replaceAll(/^```.*?^```$/gms, "");
      const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) => link);
      for (const link of links) expect(existsSync(join(dirname(path), link)), link).to.equal(true);
    });
  }
});
