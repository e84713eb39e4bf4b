import { type Cell, printed, type Tool } from "../cell.js";
import { sourceOf } from "../scratch.js";

const app = sourceOf("app/app.ts");
const bundle = "esbuild app.ts --bundle --platform=node --format=esm --packages=external --outfile=out.mjs";
const legacy = { compilerOptions: { experimentalDecorators: true } };
const base = { packages: ["esbuild"], files: { "app.ts": app } } as const satisfies Partial<Cell>;
const version: Tool = "esbuild";

export const esbuildCells: readonly Cell[] = [
  {
    ...base,
    id: "esbuild-default-target",
    tool: "esbuild",
    version,
    dialect: "standard",
    commands: [bundle, "node out.mjs"],
    expected: { says: "SyntaxError: Invalid or unexpected token" },
    cure: "`--target=es2022`: the default target leaves decorators as they are, which Node cannot parse",
  },
  {
    ...base,
    id: "esbuild-target",
    tool: "esbuild `--target=es2022`",
    version,
    dialect: "standard",
    commands: [`${bundle} --target=es2022`, "node out.mjs"],
    expected: { prints: printed },
  },
  {
    ...base,
    id: "esbuild-legacy",
    tool: "esbuild",
    version,
    dialect: "legacy",
    files: { ...base.files, "tsconfig.json": legacy },
    commands: [bundle, "node out.mjs"],
    expected: { prints: printed },
  },
  {
    ...base,
    id: "esbuild-minified",
    tool: "esbuild `--target=es2022 --minify`, all in one file",
    version,
    dialect: "standard",
    commands: [`${bundle.replace(" --packages=external", "")} --target=es2022 --minify`, "node out.mjs"],
    // The only worker without @Named has the name that the minifier chose. What bootstrap says of that is on stderr.
    expected: {
      prints: /^acme\/prices acme\/listen \w{1,3}\/send, 3 polls, stopped, observed$/,
      but: "names of classes are short",
    },
    cure: "`--keep-names`, or `@Named` on the class",
  },
  {
    ...base,
    id: "esbuild-kept-names",
    tool: "esbuild `--target=es2022 --minify --keep-names`",
    version,
    dialect: "standard",
    commands: [`${bundle.replace(" --packages=external", "")} --target=es2022 --minify --keep-names`, "node out.mjs"],
    expected: { prints: printed },
  },
  {
    id: "tsx-standard",
    tool: "tsx",
    version: "tsx",
    dialect: "standard",
    packages: ["tsx"],
    files: { "app.ts": app },
    commands: ["tsx app.ts"],
    expected: { prints: printed },
  },
  {
    id: "tsx-legacy",
    tool: "tsx",
    version: "tsx",
    dialect: "legacy",
    packages: ["tsx"],
    files: { "app.ts": app, "tsconfig.json": legacy },
    commands: ["tsx app.ts"],
    expected: { prints: printed },
  },
];
