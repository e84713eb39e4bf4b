import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect } from "chai";

const folder = "node_modules/.cache/readme";

function codeBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

describe("README.md", function () {
  this.timeout(60_000);

  const readme = readFileSync("README.md", "utf8");

  it("has code that compiles under both dialects, and so have the docs", () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const docs = ["docs/supervision.md", "docs/fleet.md", "docs/logging.md"].map((path) => readFileSync(path, "utf8"));
    const blocks = [readme, ...docs].flatMap(codeBlocks);
    expect(blocks).to.have.length.above(9);
    writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
    blocks.forEach((code, i) => {
      writeFileSync(`${folder}/block-${i + 1}.ts`, code.includes("import ") ? code : `${code}\nexport {};\n`);
    });
    for (const dialect of ["tsconfig.json", "tsconfig.legacy.json"]) {
      const config = {
        extends: `../../../${dialect}`,
        compilerOptions: { noUnusedLocals: false },
        include: ["*.ts"],
        exclude: [],
      };
      writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config));
      const { stdout } = spawnSync("node_modules/.bin/tsc", ["-p", folder, "--pretty", "false"], { encoding: "utf8" });
      expect(stdout).to.equal("");
    }
  });

  it("names files that exist", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) => link);
    expect(links).to.not.be.empty;
    for (const link of links) expect(() => readFileSync(link), link).to.not.throw("ENOENT");
  });

  it("has the two commands that are enough on a fresh machine", () => {
    expect(readme)
      .to.match(/^npm ci && npm start$/m)
      .and.to.match(/^npm ci && npm test$/m);
  });
});
