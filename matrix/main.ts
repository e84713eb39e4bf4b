/**
 * Installs the package under each toolchain, runtime and test framework, and runs it there.
 * usage: npm run matrix -- [--tarball FILE] [--sample] [PATTERN…]
 * A pattern is a part of the id of a cell, such as tsc or vitest. Cells that have run as expected get their row in
 * docs/toolchains.md, unless --check is passed.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Cell } from "./cell.js";
import { cells, sample } from "./cells.js";
import { runCell } from "./run-cell.js";
import { Scratch } from "./scratch.js";
import { updateTable } from "./table.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tarball: { type: "string" },
    sample: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const page = "docs/toolchains.md";
const chosen = cells.filter(({ id }) => {
  if (values.sample) return sample.includes(id);
  return positionals.length === 0 || positionals.some((pattern) => id.includes(pattern));
});
if (chosen.length === 0) throw new Error(`No cell has ${positionals.join(" or ")} in its id`);

const root = mkdtempSync(join(tmpdir(), "watchbill-matrix-"));
const ran: Cell[] = [];
let failures = 0;
let missing = 0;
try {
  const scratch = new Scratch(root, values.tarball === undefined ? pack() : resolve(values.tarball));
  for (const cell of chosen) {
    const begun = performance.now();
    const verdict = runCell(cell, scratch);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    if (verdict === "as expected") ran.push(cell);
    else if (verdict === "not run") missing++;
    else failures++;
    console.log(`${typeof verdict === "string" ? verdict : "WRONG"}: ${cell.id} (${seconds} s)`);
    if (typeof verdict === "object") console.log(verdict.problem.replaceAll(/^/gm, "    "));
  }
} finally {
  if (values.keep) console.log(root);
  else rmSync(root, { recursive: true, force: true });
}
if (!values.check) writeFileSync(page, updateTable(readFileSync(page, "utf8"), cells, ran));
console.log(`matrix: ${ran.length} as expected, ${failures} wrong, ${missing} not run for want of the network`);
// With CI set, nothing may be left out.
process.exitCode = failures > 0 || (missing > 0 && process.env.CI !== undefined) ? 1 : 0;

function pack(): string {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", root], { encoding: "utf8" });
  return join(root, packed.trim());
}
