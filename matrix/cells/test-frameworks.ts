import { type Cell, type Dialect, dialectOptions } from "../cell.js";
import { sourceOf } from "../scratch.js";
import { swcOptions } from "./swc.js";

const cases = { "cases.ts": sourceOf("tests/cases.ts") };
const legacyTsconfig = {
  compilerOptions: { target: "es2022", module: "commonjs", esModuleInterop: true, ...dialectOptions.legacy },
};

// Cells that install the same share a folder.
const mochaPackages = ["node@20", "mocha", "sinon", "tsx", "@sinonjs/fake-timers"] as const;
const vitestPackages = ["vitest@4", "vite", "@sinonjs/fake-timers", "unplugin-swc", "@swc/core"] as const;
const jestPackages = [
  "jest",
  "@swc/jest",
  "@swc/core",
  "ts-jest",
  "typescript@6",
  "@types/node",
  "@sinonjs/fake-timers",
] as const;

const mocha: Cell = {
  id: "mocha",
  tool: "mocha with tsx, sinon's fake timers",
  version: "mocha",
  dialect: "standard",
  packages: mochaPackages,
  files: { ...cases, "shop.test.ts": sourceOf("tests/mocha.test.ts") },
  commands: ["mocha --node-option import=tsx shop.test.ts"],
  expected: { prints: /\n {2}6 passing/ },
};

const nodeTest: Cell = {
  id: "node-test",
  tool: "node:test with tsx, mock timers with `Date`",
  version: "node@20",
  dialect: "standard",
  packages: mochaPackages,
  files: { ...cases, "shop.test.ts": sourceOf("tests/node.test.ts") },
  commands: ["node --import tsx --test shop.test.ts"],
  expected: { prints: /pass 6\n/ },
};

// vitest.

const vitest: Cell = {
  id: "vitest-4-legacy",
  tool: "vitest (oxc), its fake timers, snapshots",
  version: "vitest@4",
  dialect: "legacy",
  packages: vitestPackages,
  files: { ...cases, "shop.test.ts": sourceOf("tests/vitest.test.ts"), "tsconfig.json": legacyTsconfig },
  commands: ["vitest run"],
  expected: { prints: /Tests {2}7 passed \(7\)/ },
};

const vitestUnparsed: Cell = {
  ...vitest,
  id: "vitest-4-standard",
  tool: "vitest (oxc)",
  dialect: "standard",
  files: { ...cases, "shop.test.ts": sourceOf("tests/vitest.test.ts") },
  expected: { says: "SyntaxError: Invalid or unexpected token" },
  cure: "`experimentalDecorators` in tsconfig.json, or unplugin-swc",
};

const vitestWithSwc: Cell = {
  ...vitest,
  id: "vitest-4-swc",
  tool: "vitest with unplugin-swc",
  dialect: "standard",
  files: {
    ...cases,
    "shop.test.ts": sourceOf("tests/vitest.test.ts"),
    "vitest.config.mjs": `
      import swc from "unplugin-swc";
      export default { plugins: [swc.vite(${JSON.stringify(swcOptions("standard"))})] };
    `,
  },
};

const vitest5: Cell = {
  ...vitest,
  id: "vitest-5-legacy",
  version: "vitest@5",
  packages: ["vitest@5", "vite", "node@22", "@sinonjs/fake-timers"],
};

// jest.

/** @param transforms by the pattern of the files */
function jestOptions(transform: object, more: object = {}): object {
  return { jest: { testEnvironment: "node", transform, moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" }, ...more } };
}

function underJest(id: string, tool: string, dialect: Dialect, manifest: object): Cell {
  return {
    id,
    tool,
    version: "jest",
    dialect,
    packages: jestPackages,
    files: {
      ...cases,
      "shop.test.ts": sourceOf("tests/jest.test.ts"),
      "package.json": manifest,
      "tsconfig.json": legacyTsconfig,
    },
    commands: ["jest 2>&1"],
    expected: { prints: /Tests: {7}7 passed, 7 total/ },
  };
}

const swcJest = (dialect: Dialect) => ["@swc/jest", { ...swcOptions(dialect), swcrc: false }];
const everything = "^.+\\.[jt]s$";
const ignored = { transformIgnorePatterns: ["/node_modules/(?!watchbill/)"] };

const jestCommonJS = underJest("jest-commonjs", "jest, CommonJS by @swc/jest, its fake timers, snapshots", "legacy", {
  type: "commonjs",
  ...jestOptions({ [everything]: swcJest("legacy") }, ignored),
});
const jestModules: Cell = {
  ...underJest("jest-esm", "jest, ESM by @swc/jest, its fake timers, snapshots", "standard", {
    ...jestOptions({ [everything]: swcJest("standard") }, { extensionsToTreatAsEsm: [".ts"] }),
  }),
  commands: ["NODE_OPTIONS=--experimental-vm-modules jest 2>&1"],
};
const asItComes = { type: "commonjs", ...jestOptions({ [everything]: swcJest("legacy") }) };
const jestUntransformed: Cell = {
  ...underJest("jest-commonjs-untransformed", "jest, CommonJS, as it comes", "legacy", asItComes),
  expected: { says: "Must use import to load ES Module" },
  cure: "[`transformIgnorePatterns`](testing.md#jest)",
};
const jestOnNode26: Cell = {
  ...underJest(
    "jest-commonjs-node-26",
    "jest, CommonJS, on Node 24.9 or later with `--experimental-vm-modules`",
    "legacy",
    asItComes,
  ),
  packages: [...jestPackages, "node@26"],
  commands: ["NODE_OPTIONS=--experimental-vm-modules jest 2>&1"],
};
const tsJestOptions = { ...legacyTsconfig.compilerOptions, types: ["node"], isolatedModules: true };
const tsJest = underJest("jest-ts-jest", "jest, CommonJS by ts-jest, and by @swc/jest for the package", "legacy", {
  type: "commonjs",
  ...jestOptions(
    { "^.+\\.ts$": ["ts-jest", { tsconfig: tsJestOptions }], "/node_modules/watchbill/.+\\.js$": "@swc/jest" },
    ignored,
  ),
});

/** The cells that run before every merge. */
export const testFrameworkSample: readonly Cell[] = [
  mocha,
  nodeTest,
  vitestUnparsed,
  vitest,
  vitestWithSwc,
  jestUntransformed,
  jestCommonJS,
  tsJest,
  jestModules,
];

export const testFrameworkCells: readonly Cell[] = [...testFrameworkSample, jestOnNode26, vitest5];
