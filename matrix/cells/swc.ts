import { type Cell, type Dialect, printed, printedWithTypes } from "../cell.js";
import { sourceOf } from "../scratch.js";

/** What `.swcrc` has for a dialect. */
export function swcOptions(dialect: Dialect, decoratorVersion = "2023-11"): object {
  const transforms: Record<Dialect, object> = {
    standard: { decoratorVersion },
    legacy: { legacyDecorator: true },
    "legacy, with metadata": { legacyDecorator: true, decoratorMetadata: true },
  };
  return { jsc: { parser: { syntax: "typescript", decorators: true }, target: "es2022", transform: transforms[dialect] } };
}

function compiledBySwc(id: string, dialect: Dialect): Cell {
  return {
    id,
    tool: "swc",
    version: "@swc/core",
    dialect,
    packages: ["@swc/core", "@swc/cli"],
    files: { "app.ts": sourceOf("app/app.ts"), ".swcrc": swcOptions(dialect) },
    commands: ["swc app.ts -o out.js --quiet", "node out.js"],
    expected: { prints: dialect === "legacy, with metadata" ? printedWithTypes : printed },
  };
}

/** Versions of the proposal that came before the last. */
function compiledByOlder(decoratorVersion: string): Cell {
  const options = swcOptions("standard", decoratorVersion);
  const cell = compiledBySwc(`swc-${decoratorVersion}`, "standard");
  return { ...cell, tool: `swc, decorators \`"${decoratorVersion}"\``, files: { ...cell.files, ".swcrc": options } };
}

export const swcCells: readonly Cell[] = [
  compiledBySwc("swc-standard", "standard"),
  compiledByOlder("2022-03"),
  compiledByOlder("2021-12"),
  compiledBySwc("swc-legacy", "legacy"),
  compiledBySwc("swc-legacy-metadata", "legacy, with metadata"),
];
