import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";

/** The files that `npm pack` would put into the tarball. */
function packedFiles(): string[] {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8", stdio: "pipe" });
  const [report]: { files: { path: string }[] }[] = JSON.parse(output);
  return report?.files.map(({ path }) => path) ?? [];
}

/** The relative links of a page, those to pictures included, without anchors. */
function linksOf(page: string): string[] {
  const text = readFileSync(page, "utf8").replaceAll(/^```.*?^```$/gms, "");
  const links = Array.from(text.matchAll(/\]\((?!\w+:|#)([^)#]+)/g), ([, link = ""]) => link);
  return links.map((link) => normalize(join(dirname(page), link)).replace(/\/$/, ""));
}

describe("the tarball", () => {
  const files = packedFiles();
  const has = (path: string): boolean => files.some((file) => file === path || file.startsWith(`${path}/`));

  it("has the pages, and what they link to", () => {
    const pages = files.filter((file) => /^[^/]+\.(md|txt)$|^docs\/.*\.md$/.test(file));
    expect(pages).to.include.members(["README.md", "llms.txt", "CHANGELOG.md", "docs/README.md", "docs/toolchains.md"]);
    const broken = pages.flatMap((page) => linksOf(page).flatMap((link) => (has(link) ? [] : [`${page}: ${link}`])));
    expect(broken).to.deep.equal([]);
  });

  it("has no specs, sources or tools, and no large picture", () => {
    const own = files.filter((file) => !/^(dist|docs|samples)\//.test(file));
    expect(own.sort()).to.deep.equal(["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "llms.txt", "package.json"]);
    const large = files.filter((file) => file.startsWith("docs/") && statSync(file).size > 200_000);
    expect(large).to.deep.equal([]);
  });

  it("has an llms.txt that is in step with docs/README.md: npm run llms", () => {
    const text = execFileSync("node", ["scripts/llms.mjs", "--print"], { encoding: "utf8" });
    expect(readFileSync("llms.txt", "utf8")).to.equal(text);
  });
});
