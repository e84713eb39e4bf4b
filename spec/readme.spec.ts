import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";

/** The example and its output without what differs between runs: times, durations, and the path of the sources. */
function comparable(output: string): string {
  return output
    .replaceAll(/^\S+Z /gm, "")
    .replaceAll(/in \d+ms$/gm, "in …ms")
    .replaceAll(/ at _?(\w+\.\w+) \(.*\)$/gm, " at $1");
}

describe("README.md", () => {
  const readme = readFileSync("README.md", "utf8");

  it("is a front page of at most 150 lines", () => {
    expect(readme.trimEnd().split("\n")).to.have.length.at.most(150);
  });

  it("has an example that prints the documented output", async function () {
    this.timeout(30_000);
    const [, code = "", output = ""] = /^```ts\n(.*?)^```$.*?^```\n(.*?)^```$/ms.exec(readme) ?? [];
    const folder = mkdtempSync(join(tmpdir(), "watchbill-"));
    try {
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
      writeFileSync(join(folder, "github.ts"), code);
      const child = spawn(process.execPath, ["--import", "tsx", join(folder, "github.ts")], {
        env: { ...process.env, NODE_V8_COVERAGE: undefined, TSX_TSCONFIG_PATH: resolve("tsconfig.json") },
        stdio: ["ignore", "inherit", "pipe"],
      });
      let printed = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        if (text.includes("recovered")) child.kill("SIGINT");
      });
      await once(child, "close");
      expect(child.exitCode, printed).to.equal(0);
      expect(comparable(printed)).to.equal(comparable(output));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("has the two commands that suffice on a fresh machine", () => {
    expect(readme)
      .to.match(/^npm ci && npm start$/m)
      .and.to.match(/^npm ci && npm test$/m);
  });
});
