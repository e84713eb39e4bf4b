import { type Cell, type Dialect, printed, printedWithTypes, type Tool } from "../cell.js";
import { sourceOf } from "../scratch.js";

const app = sourceOf("app/app.ts");
const commands = ["babel app.ts --out-file out.js", "node out.js"];
const packages: readonly Tool[] = [
  "@babel/core",
  "@babel/cli",
  "@babel/preset-typescript",
  "@babel/plugin-proposal-decorators",
  "babel-plugin-transform-typescript-metadata",
];
const packages7: readonly Tool[] = [
  "@babel/core@7",
  "@babel/cli@7",
  "@babel/preset-typescript@7",
  "@babel/plugin-proposal-decorators@7",
];

function compiledByBabel(id: string, version: string, dialect: Dialect, metadata: readonly string[] = []): Cell {
  const plugins = [...metadata, ["@babel/plugin-proposal-decorators", { version }]];
  return {
    id,
    tool: `Babel, decorators \`"${version}"\``,
    version: "@babel/core",
    dialect,
    packages,
    files: { "app.ts": app, "babel.config.json": { presets: ["@babel/preset-typescript"], plugins } },
    commands,
    expected: { prints: metadata.length > 0 ? printedWithTypes : printed },
  };
}

export const babelCells: readonly Cell[] = [
  compiledByBabel("babel-2023-11", "2023-11", "standard"),
  compiledByBabel("babel-legacy", "legacy", "legacy"),
  compiledByBabel("babel-legacy-metadata", "legacy", "legacy, with metadata", ["babel-plugin-transform-typescript-metadata"]),
  { ...compiledByBabel("babel-7-2023-05", "2023-05", "standard"), version: "@babel/core@7", packages: packages7 },
  {
    ...compiledByBabel("babel-7-2022-03", "2022-03", "standard"),
    version: "@babel/core@7",
    packages: packages7,
    expected: { says: "The compiler passes no metadata object to decorators" },
    cure: '`"2023-05"` or later',
  },
];
