import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;

/** What a package takes on the disk, with all that it depends on, in bytes. */
export function installedSize(peer) {
  if (peer === "watchbill") return packedSize() + sizeOf(join(root, "node_modules/reflect-metadata"));
  return dependenciesOf(peer, join(root, "bench/node_modules")).reduce((sum, directory) => sum + sizeOf(directory), 0);
}

/** As `npm pack` would have it. */
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
  const others = Object.keys(dependencies).filter((other) => !hasOwn(directory, other));
  return [...new Set([directory, ...others.flatMap((other) => dependenciesOf(other, modules))])];
}

/** Whether a package has another in its own folder, and so in its size already. */
function hasOwn(directory, other) {
  return statSync(join(directory, "node_modules", other), { throwIfNoEntry: false }) !== undefined;
}

function sizeOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, entry) => sum + sizeOf(join(path, entry)), 0);
}
