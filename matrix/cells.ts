import type { Cell } from "./cell.js";
import { babelCells } from "./cells/babel.js";
import { bundlerCells } from "./cells/bundlers.js";
import { esbuildCells } from "./cells/esbuild.js";
import { packageManagerCells } from "./cells/package-managers.js";
import { runtimeCells } from "./cells/runtimes.js";
import { swcCells } from "./cells/swc.js";
import { testFrameworkCells, testFrameworkSample } from "./cells/test-frameworks.js";
import { typescriptCells } from "./cells/typescript.js";

/** Every cell, in the order of the table. */
export const cells: readonly Cell[] = [
  ...typescriptCells,
  ...esbuildCells,
  ...swcCells,
  ...babelCells,
  ...bundlerCells,
  ...testFrameworkCells,
  ...runtimeCells,
  ...packageManagerCells,
];

/** The ids of the cells that run before every merge. */
export const sample: readonly string[] = [
  "tsc-5.4-standard",
  "tsc-5.4-legacy-metadata",
  "esbuild-minified",
  ...testFrameworkSample.map(({ id }) => id),
];
