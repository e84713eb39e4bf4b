import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

/**
 * The packages that a bundle contains, with their licences, in the order of their folders.
 * @param metafile of esbuild
 * @param root the folder that its paths are relative to
 */
export function bundledPackages(metafile, root) {
  const inputs = Object.keys(metafile.inputs).toSorted();
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []));
  return [...folders].map((folder) => {
    const path = realpathSync(join(root, folder));
    const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
    if (license === undefined || file === undefined) throw new Error(`${name} is bundled, and has no licence`);
    return { name, version, license, text: readFileSync(join(path, file), "utf8").trim() };
  });
}

/** What stands between two licences in a file. */
export const separator = `\n${"-".repeat(80)}\n\n`;
