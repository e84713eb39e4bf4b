import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;

/** Returns the size on disk of a package and all its dependencies, in bytes. */
export function installedSize(peer) {
  if (peer === "watchbill") return packedSize() + sizeOf(join(root, "node_modules/reflect-metadata"));
  return dependenciesOf(peer, join(root, "bench/node_modules")).reduce((sum, directory) => sum + sizeOf(directory), 0);
}

/** The size of the files that `npm pack` would pack. */
function packedSize() {
  const listing = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(listing)[0].unpackedSize;
}

function dependenciesOf(name, modules) {
  const directory = join(modules, name);
  const { dependencies = {} } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const separate = Object.keys(dependencies).filter((dependency) => !isNested(directory, dependency));
  return [...new Set([directory, ...separate.flatMap((dependency) => dependenciesOf(dependency, modules))])];
}

/** Whether a dependency is installed within the folder of the package, whose size then includes it. */
function isNested(directory, dependency) {
  return statSync(join(directory, "node_modules", dependency), { throwIfNoEntry: false }) !== undefined;
}

function sizeOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, entry) => sum + sizeOf(join(path, entry)), 0);
}
