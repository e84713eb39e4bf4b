import { type Cell, compilerOptions, dialectOptions, printed, type Tool } from "../cell.js";
import { sourceOf } from "../scratch.js";

const app = sourceOf("app/app.ts");
const tsconfig = { compilerOptions: { ...compilerOptions, ...dialectOptions.standard }, files: ["app.ts"] };

/** Decorators of the package by `require`, which Node does without a warning from 20.19 on. */
const required = `
  const { bootstrap } = require("watchbill");
  if (typeof bootstrap !== "function") throw new Error("require() of the package has no bootstrap");
`;

function underNode(version: Tool): Cell {
  return {
    id: version.replace("@", "-"),
    tool: "Node, also with `require()`",
    version,
    dialect: "",
    packages: [version, "typescript@7"],
    files: { "app.ts": app, "tsconfig.json": tsconfig, "required.cjs": required },
    commands: ["tsc", "node required.cjs", "node out/app.js"],
    expected: { prints: printed },
  };
}

function strippedByNode(version: Tool): Cell {
  return {
    id: `${version.replace("@", "-")}-type-stripping`,
    tool: "Node's type stripping",
    version,
    dialect: "standard",
    packages: [version, "typescript@7"],
    files: { "app.ts": app },
    commands: ["node app.ts"],
    expected: { says: "SyntaxError: Invalid or unexpected token" },
    cure: "Node cannot parse decorators: `node --import tsx`, or [no decorators](without-decorators.md)",
  };
}

export const runtimeCells: readonly Cell[] = [
  ...(["node@20", "node@22", "node@24", "node@26"] as const).map(underNode),
  ...(["node@22", "node@24", "node@26"] as const).map(strippedByNode),
  {
    id: "command-without-compiler",
    tool: "`watchbill run app.ts` without a compiler",
    version: "node@24",
    dialect: "standard",
    packages: ["node@24", "typescript@7"],
    files: { "app.ts": app },
    commands: ["watchbill run app.ts"],
    expected: { says: "app.ts is TypeScript, which needs a compiler: install tsx in the project" },
    cure: "`npm install --save-dev tsx`",
  },
  {
    id: "bun-standard",
    tool: "Bun",
    version: "bun",
    dialect: "standard",
    packages: ["bun"],
    files: { "app.ts": app },
    commands: ["bun app.ts"],
    expected: { prints: printed },
  },
  {
    id: "bun-legacy",
    tool: "Bun",
    version: "bun",
    dialect: "legacy",
    packages: ["bun"],
    files: { "app.ts": app, "tsconfig.json": { compilerOptions: { experimentalDecorators: true } } },
    commands: ["bun app.ts"],
    expected: { prints: printed },
  },
  {
    id: "deno-standard",
    tool: "Deno",
    version: "deno",
    dialect: "standard",
    packages: ["deno"],
    files: { "app.ts": app },
    commands: ["deno run --allow-env --allow-read --allow-sys --no-lock app.ts"],
    expected: { prints: printed },
  },
];
