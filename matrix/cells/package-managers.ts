import { type Cell, printed, versionOf } from "../cell.js";
import { sourceOf } from "../scratch.js";

const base = { dialect: "standard", packages: ["tsx"], expected: { prints: printed } } as const satisfies Partial<Cell>;
const files = { "app.ts": sourceOf("app/app.ts") };

export const packageManagerCells: readonly Cell[] = [
  {
    ...base,
    id: "npm",
    tool: "npm",
    version: "npm",
    files,
    install: `npx --yes npm@${versionOf("npm")} install --no-audit --no-fund`,
    commands: ["tsx app.ts"],
  },
  {
    ...base,
    id: "pnpm",
    tool: "pnpm",
    version: "pnpm",
    files,
    install: `npx --yes pnpm@${versionOf("pnpm")} install --config.strict-dep-builds=false`,
    commands: ["tsx app.ts"],
  },
  {
    ...base,
    id: "yarn-pnp",
    tool: "yarn with Plug'n'Play",
    version: "@yarnpkg/cli-dist",
    files: { ...files, ".yarnrc.yml": "nodeLinker: pnp\nenableTelemetry: false\n", "yarn.lock": "" },
    install: `npx --yes @yarnpkg/cli-dist@${versionOf("@yarnpkg/cli-dist")} install --no-immutable`,
    commands: [`npx --yes @yarnpkg/cli-dist@${versionOf("@yarnpkg/cli-dist")} tsx app.ts`],
  },
];
