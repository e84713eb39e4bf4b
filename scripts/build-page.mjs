/**
 * Builds the page of `watchbill/dashboard` into `lib/dashboard/assets`, or into the folder that is passed. Fails if the page is
 * larger than its budget, which does not include the chart.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundledPackages, separator } from "./licences.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(root, "lib/dashboard/page");
const budget = 25 * 1024;

const minifiedStyles = {
  name: "minified styles",
  setup({ onLoad }) {
    onLoad({ filter: /chart\.css$/ }, async ({ path }) => ({ contents: await minifyStyles(path), loader: "text" }));
  },
};

async function minifyStyles(path) {
  const { outputFiles } = await build({ entryPoints: [path], minify: true, write: false });
  return outputFiles[0].contents;
}

/** Returns the sizes of the files, compressed, in bytes. */
export async function buildPage(target = join(root, "lib/dashboard/assets")) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { page: join(page, "main.tsx"), chart: join(page, "chart.ts") },
    outdir: target,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome123", "firefox120", "safari17.5"],
    // 300 bytes smaller than the automatic runtime, with which the types are checked.
    jsx: "transform",
    jsxFactory: "h",
    jsxFragment: "Fragment",
    inject: [join(page, "jsx.ts")],
    tsconfigRaw: {},
    plugins: [minifiedStyles],
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [relative(target, path), contents]));
  files.set("page.css", await minifyStyles(join(page, "page.css")));
  files.set("licences.txt", Buffer.from(licencesOf(metafile)));

  const sizes = Object.fromEntries([...files].map(([name, contents]) => [name, gzipSync(contents, { level: 9 }).length]));
  const size = sizes["page.js"] + sizes["page.css"];
  if (size > budget) throw new Error(`page.js and page.css are ${size} bytes with gzip, and may be ${budget}`);

  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const [name, contents] of files) writeFileSync(join(target, name), contents);
  copyFileSync(join(page, "index.html"), join(target, "index.html"));
  return sizes;
}

/** The licences of what is in the bundles. */
function licencesOf(metafile) {
  const texts = bundledPackages(metafile, root).map(
    ({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`,
  );
  return `The page of watchbill/dashboard contains these packages.\n\n${texts.join(separator)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = await buildPage(process.argv[2]);
  const listed = Object.entries(sizes).filter(([name]) => name !== "licences.txt");
  console.log(`${listed.map(([name, size]) => `${name} ${(size / 1024).toFixed(1)} KB`).join(", ")} (gzip)`);
}
