// Mutates lib/ and runs the specs against each mutant: `npm run mutation [-- <glob of files>]`. Works on a copy of the project, because the
// specs import "watchbill" by its path in the project.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const project = resolve(fileURLToPath(new URL("..", import.meta.url)));
const stryker = join(project, "mutation/node_modules/@stryker-mutator/core/bin/stryker.js");
const results = ["incremental.json", "report.json"];
const copy = mkdtempSync(join(tmpdir(), "watchbill-mutation-"));

try {
  for (const part of ["lib", "spec", "samples", "docs", "package.json", "tsconfig.json", "README.md"]) {
    cpSync(join(project, part), join(copy, part), { recursive: true });
  }
  cpSync(join(project, "mutation"), join(copy, "mutation"), {
    recursive: true,
    filter: (path) => !path.includes("node_modules"),
  });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  symlinkSync(join(project, "mutation/node_modules"), join(copy, "mutation/node_modules"));

  const files = process.argv.slice(2);
  const chosen = files.length > 0 ? ["--mutate", files.join(",")] : [];
  const { status } = spawnSync(process.execPath, [stryker, "run", "mutation/stryker.config.json", ...chosen], {
    cwd: copy,
    stdio: "inherit",
    env: { WATCHBILL_HISTORIES: "20", ...process.env },
  });
  for (const result of results) {
    const path = join(copy, "mutation", result);
    if (existsSync(path)) cpSync(path, join(project, "mutation", result));
  }
  process.exitCode = status ?? 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
