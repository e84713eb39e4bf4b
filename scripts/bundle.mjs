// Bundles a package into the one file of the build that imports it, so that users install nothing for it, and writes its licence.
// Runs after tsc and scripts/build-page.mjs.
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { build } from "esbuild";

async function bundle(name, { into, licences, what }) {
  await build({
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
    plugins: [ownFilesApart],
    // For packages that are CommonJS.
    banner: { js: `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);` },
  });
  const imports = [...readFileSync(into, "utf8").matchAll(/^(?:import|} from) .*"(?!node:|\.)([^"]+)";$/gm)].map(
    ([, path]) => path,
  );
  if (imports.length > 0) throw new Error(`${into} still imports ${imports.join(", ")}`);

  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  const licence = readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim();
  mkdirSync(dirname(licences), { recursive: true });
  appendFileSync(licences, `\n${"-".repeat(80)}\n\n${what} contains ${name} ${version} (${license})\n\n${licence}\n`);
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

await bundle("srvx", {
  into: "dist/dashboard/node-adapter.js",
  licences: "dist/dashboard/assets/licences.txt",
  what: "The server",
});
await bundle("commander", { into: "dist/cli/program.js", licences: "dist/cli/licences.txt", what: "The command watchbill" });
