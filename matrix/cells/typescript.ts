import { type Cell, compilerOptions, type Dialect, dialectOptions, printed, printedWithTypes, type Tool } from "../cell.js";
import { sourceOf } from "../scratch.js";

const versions: readonly Tool[] = ["typescript@7", "typescript@6", "typescript@5.9", "typescript@5.4"];
const dialects: readonly Dialect[] = ["standard", "legacy", "legacy, with metadata"];

function compiledBy(version: Tool, dialect: Dialect): Cell {
  const suffix = dialect === "legacy, with metadata" ? "legacy-metadata" : dialect;
  return {
    id: `${version.replace("typescript@", "tsc-")}-${suffix}`,
    tool: "tsc",
    version,
    dialect,
    packages: [version],
    files: {
      "app.ts": sourceOf("app/app.ts"),
      "tsconfig.json": { compilerOptions: { ...compilerOptions, ...dialectOptions[dialect] }, files: ["app.ts"] },
    },
    commands: ["tsc", "node out/app.js"],
    expected: { prints: dialect === "legacy, with metadata" ? printedWithTypes : printed },
  };
}

const metadataAlone: Cell = {
  ...compiledBy("typescript@7", "standard"),
  id: "tsc-7-standard-metadata",
  tool: "tsc with `emitDecoratorMetadata` alone",
  files: { "app.ts": sourceOf("app/app.ts") },
  commands: ["tsc --target es2022 --module nodenext --emitDecoratorMetadata --outDir out app.ts"],
  expected: { says: "Option 'emitDecoratorMetadata' cannot be specified without specifying option 'experimentalDecorators'" },
  cure: "standard decorators have no types: leave it out",
};

export const typescriptCells: readonly Cell[] = [
  ...versions.flatMap((version) => dialects.map((dialect) => compiledBy(version, dialect))),
  metadataAlone,
];
