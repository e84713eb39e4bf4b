// Bundles packages into the one file of the build that imports them, so that users install nothing for them, and writes their
// licences.
// Runs after tsc and scripts/build-page.mjs.
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { build } from "esbuild";
import { bundledPackages, separator } from "./licences.mjs";

async function bundle({ into, licences, what }) {
  const { metafile } = await build({
    entryPoints: [into],
    outfile: into,
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    sourcemap: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    plugins: [ownFilesApart],
    // For packages that are CommonJS.
    banner: { js: `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);` },
  });
  const imports = [...readFileSync(into, "utf8").matchAll(/^(?:import|} from) .*"(?!node:|\.)([^"]+)";$/gm)].map(
    ([, path]) => path,
  );
  if (imports.length > 0) throw new Error(`${into} still imports ${imports.join(", ")}`);

  mkdirSync(dirname(licences), { recursive: true });
  for (const { name, version, license, text } of bundledPackages(metafile, "."))
    appendFileSync(licences, `${separator}${what} contains ${name} ${version} (${license})\n\n${text}\n`);
}

/** The other files of the build stay files of their own. */
const ownFilesApart = {
  name: "own files apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
      const isOwn = kind !== "entry-point" && !importer.includes("node_modules");
      return isOwn ? { path, external: true } : undefined;
    });
  },
};

await bundle({
  into: "dist/dashboard/node-adapter.js",
  licences: "dist/dashboard/assets/licences.txt",
  what: "The server",
});
await bundle({ into: "dist/cli/program.js", licences: "dist/cli/licences.txt", what: "The command watchbill" });
