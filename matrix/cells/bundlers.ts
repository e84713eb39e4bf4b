import { type Cell, compilerOptions, dialectOptions, printed, printedWithTypes } from "../cell.js";
import { sourceOf } from "../scratch.js";
import { swcOptions } from "./swc.js";

const app = sourceOf("app/app.ts");
const legacy = { compilerOptions: { ...compilerOptions, ...dialectOptions["legacy, with metadata"] } };
const unparsed = "SyntaxError: Invalid or unexpected token";

const viteConfig = `
  export default { build: { ssr: "app.ts", outDir: "out", minify: false } };
`;
const viteWithSwc = `
  import swc from "unplugin-swc";
  export default {
    plugins: [swc.vite(${JSON.stringify(swcOptions("standard"))})],
    build: { ssr: "app.ts", outDir: "out", minify: false },
  };
`;

const webpackConfig = (rule: object): string => `
  export default {
    mode: "production",
    target: "node",
    entry: "./app.ts",
    optimization: { minimize: false },
    module: { rules: [${JSON.stringify(rule).replace('"TEST"', "/\\.ts$/")}] },
    output: { path: import.meta.dirname + "/out", filename: "app.cjs" },
  };
`;

export const bundlerCells: readonly Cell[] = [
  {
    id: "vite-8-standard",
    tool: "vite (oxc)",
    version: "vite",
    dialect: "standard",
    packages: ["vite"],
    files: { "app.ts": app, "vite.config.mjs": viteConfig },
    commands: ["vite build --logLevel=error", "node out/app.js"],
    expected: { says: unparsed },
    cure: "`experimentalDecorators` in tsconfig.json, or unplugin-swc: oxc leaves standard decorators as they are",
  },
  {
    id: "vite-8-legacy",
    tool: "vite (oxc)",
    version: "vite",
    dialect: "legacy, with metadata",
    packages: ["vite"],
    files: { "app.ts": app, "vite.config.mjs": viteConfig, "tsconfig.json": legacy },
    commands: ["vite build --logLevel=error", "node out/app.js"],
    expected: { prints: printedWithTypes },
  },
  {
    id: "vite-8-swc",
    tool: "vite with unplugin-swc",
    version: "vite",
    dialect: "standard",
    packages: ["vite", "unplugin-swc", "@swc/core"],
    files: { "app.ts": app, "vite.config.mjs": viteWithSwc },
    commands: ["vite build --logLevel=error", "node out/app.js"],
    expected: { prints: printed },
  },
  {
    id: "webpack-ts-loader",
    tool: "webpack with ts-loader",
    version: "webpack",
    dialect: "standard",
    packages: ["webpack", "webpack-cli", "ts-loader", "typescript@6"],
    files: {
      "app.ts": app,
      "webpack.config.mjs": webpackConfig({ test: "TEST", use: "ts-loader" }),
      "tsconfig.json": { compilerOptions: { ...compilerOptions, ...dialectOptions.standard }, files: ["app.ts"] },
    },
    commands: ["webpack >webpack.log || { cat webpack.log; exit 1; }", "node out/app.cjs"],
    expected: { prints: printed },
  },
  {
    id: "webpack-swc-loader",
    tool: "webpack with swc-loader",
    version: "webpack",
    dialect: "legacy, with metadata",
    packages: ["webpack", "webpack-cli", "swc-loader", "@swc/core"],
    files: {
      "app.ts": app,
      "webpack.config.mjs": webpackConfig({
        test: "TEST",
        use: { loader: "swc-loader", options: swcOptions("legacy, with metadata") },
      }),
    },
    commands: ["webpack >webpack.log || { cat webpack.log; exit 1; }", "node out/app.cjs"],
    expected: { prints: printedWithTypes },
  },
  {
    id: "tsup",
    tool: "tsup `--target es2022`",
    version: "tsup",
    dialect: "standard",
    packages: ["tsup", "typescript@6"],
    files: { "app.ts": app },
    commands: ["tsup app.ts --format esm --target es2022 --silent", "node dist/app.js"],
    expected: { prints: printed },
  },
  {
    id: "tsdown-standard",
    tool: "tsdown (oxc)",
    version: "tsdown",
    dialect: "standard",
    packages: ["tsdown", "node@22"],
    files: { "app.ts": app },
    commands: ["tsdown app.ts --logLevel silent --no-dts", "node dist/app.mjs"],
    expected: { says: unparsed },
    cure: "`experimentalDecorators` in tsconfig.json, or unplugin-swc",
  },
  {
    id: "tsdown-legacy",
    tool: "tsdown (oxc)",
    version: "tsdown",
    dialect: "legacy, with metadata",
    packages: ["tsdown", "node@22"],
    files: { "app.ts": app, "tsconfig.json": legacy },
    commands: ["tsdown app.ts --logLevel silent --no-dts", "node dist/app.mjs"],
    expected: { prints: printedWithTypes },
  },
];
