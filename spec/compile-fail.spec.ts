import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const tsc = fileURLToPath(new URL("../node_modules/.bin/tsc", import.meta.url));

/** The output of tsc by file: every error of a folder. */
function diagnosticsOf(folder: string): Map<string, string> {
  const { stdout, status } = spawnSync(tsc, ["-p", folder, "--pretty", "false"], { encoding: "utf8" });
  expect(status, stdout).to.be.oneOf([1, 2]);
  const found = new Map<string, string>();
  let file = "";
  for (const line of stdout.trimEnd().split("\n")) {
    file = /^(?:.*\/)?([^/()]+\.ts)\(\d+,\d+\): error /.exec(line)?.[1] ?? file;
    found.set(file, `${found.get(file) ?? ""}${line}\n`);
  }
  return found;
}

for (const dialect of ["standard", "legacy"]) {
  const folder = fileURLToPath(new URL(`compile-fail/${dialect}/`, import.meta.url));
  const misuses = readdirSync(folder).filter((file) => file.endsWith(".ts") && file !== "ok.ts");

  describe(`Misuse under ${dialect} decorators`, () => {
    let diagnostics: Map<string, string>;

    before(function () {
      this.timeout(60_000);
      diagnostics = diagnosticsOf(folder);
    });

    for (const file of misuses) {
      it(`does not compile: ${file.replace(".ts", "").replaceAll("-", " ")}`, () => {
        const [, expected = ""] = /^\/\/ expected: (.+)\n/.exec(readFileSync(`${folder}${file}`, "utf8")) ?? [];
        expect(expected).not.to.equal("");
        expect(diagnostics.get(file) ?? "nothing: it compiles").to.include(expected);
      });
    }

    it("is the only error: correct uses compile", () => {
      expect([...diagnostics.keys()].filter((file) => !misuses.includes(file))).to.deep.equal([]);
    });
  });
}
