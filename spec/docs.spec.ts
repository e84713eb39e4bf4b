import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";

const pages = ["README.md", ...readdirSync("docs").flatMap((file) => (file.endsWith(".md") ? [`docs/${file}`] : []))];

function read(path: string): string {
  return readFileSync(path, "utf8");
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```$/gms, "");
}

/** The relative links of a page, also those within it: the path from the root, and the anchor, `""` if there is none. */
function linksOf(page: string): { link: string; path: string; anchor: string }[] {
  const links = withoutCode(read(page)).matchAll(/\]\((?!\w+:)([^)]+)\)/g);
  return Array.from(links, ([, link = ""]) => {
    const [path = "", anchor = ""] = link.split("#");
    return { link, path: path === "" ? page : normalize(join(dirname(page), path)), anchor };
  });
}

/** The anchors of the headings of a page, as on GitHub: lower case, without punctuation, with hyphens for spaces. */
function anchorsOf(page: string): string[] {
  const headings = withoutCode(read(page)).matchAll(/^#+ (.+)$/gm);
  return Array.from(headings, ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The rows of the fault matrix: the fault, and the file and the title of the spec that verifies it. */
function faultsOf(markdown: string): { fault: string; file: string; title: string }[] {
  const rows = markdown.matchAll(/^\| ([^|]+) \| [^|]+ \| ([^|]+) \(`(spec\/[^`]+)`\) \|$/gm);
  return Array.from(rows, ([, fault = "", title = "", file = ""]) => ({ fault, file, title }));
}

describe("README.md and docs/", () => {
  it("have code that compiles under both dialects", function () {
    this.timeout(60_000);
    const folder = "node_modules/.cache/docs";
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
    let blocks = 0;
    for (const page of pages) {
      const codes = Array.from(read(page).matchAll(/^```ts\n(.*?)^```$/gms), ([, code = ""]) => code);
      blocks += codes.length;
      for (const [index, code] of codes.entries()) {
        const file = `${page.replaceAll("/", "-").replace(".md", "")}-${index + 1}.ts`;
        writeFileSync(`${folder}/${file}`, code.includes("import ") ? code : `${code}\nexport {};\n`);
      }
    }
    expect(blocks).to.be.above(20);
    for (const dialect of ["tsconfig.json", "tsconfig.legacy.json"]) {
      const compilerOptions = { noUnusedLocals: false };
      const config = { extends: `../../../${dialect}`, compilerOptions, include: ["*.ts"], exclude: [] };
      writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config));
      const { stdout } = spawnSync("node_modules/.bin/tsc", ["-p", folder, "--pretty", "false"], { encoding: "utf8" });
      expect(stdout).to.equal("");
    }
  });

  for (const page of pages) {
    it(`link to files and headings that exist: ${page}`, () => {
      const broken = linksOf(page).filter(
        ({ path, anchor }) => !existsSync(path) || (anchor !== "" && !(path.endsWith(".md") && anchorsOf(path).includes(anchor))),
      );
      expect(broken.map(({ link }) => link)).to.deep.equal([]);
    });
  }

  it("list every page in docs/README.md", () => {
    const listed = linksOf("docs/README.md").map(({ path }) => path);
    expect(pages.filter((page) => page !== "docs/README.md" && !listed.includes(page))).to.deep.equal([]);
  });
});

describe("docs/supervision.md", () => {
  it("names an existing spec for every fault", () => {
    const faults = faultsOf(read("docs/supervision.md"));
    expect(faults).to.have.length.above(25);
    const unproven = faults.filter(({ file, title }) => !existsSync(file) || !read(file).includes(title));
    expect(unproven).to.deep.equal([]);
  });
});
