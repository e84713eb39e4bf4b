// Bundles srvx into the one file of the build that imports it, so that users of watchbill/dashboard install nothing, and adds its
// licence to those of the page. Runs after tsc and scripts/build-page.mjs.
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { build } from "esbuild";

const folder = "dist/dashboard";
const file = `${folder}/node-adapter.js`;

await build({
  entryPoints: [file],
  outfile: file,
  allowOverwrite: true,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  sourcemap: true,
  legalComments: "none",
  logLevel: "warning",
});
const imports = [...readFileSync(file, "utf8").matchAll(/^import .*"(?!node:)([^"]+)";$/gm)].map(([, name]) => name);
if (imports.length > 0) throw new Error(`${file} still imports ${imports.join(", ")}`);

const { version } = JSON.parse(readFileSync("node_modules/srvx/package.json", "utf8"));
const licence = readFileSync("node_modules/srvx/LICENSE", "utf8").trim();
mkdirSync(`${folder}/assets`, { recursive: true });
appendFileSync(
  `${folder}/assets/licences.txt`,
  `\n${"-".repeat(80)}\n\nThe server contains srvx ${version} (MIT)\n\n${licence}\n`,
);
