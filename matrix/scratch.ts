import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type Cell, packageOf, versionOf } from "./cell.js";

/** The registry cannot be reached, so that nothing can be said about a cell. */
export class NetworkMissing extends Error {
  override readonly name = "NetworkMissing";
}

export interface Output {
  readonly status: number;
  /** What it wrote to stdout. */
  readonly text: string;
  /** What it wrote to stdout and to stderr. */
  readonly all: string;
}

const npm = "npm install --no-audit --no-fund --prefer-offline --loglevel=error";

/** What is kept between two cells that install the same. */
const kept = ["node_modules", "package-lock.json"];

/** The folders in which the projects of the cells are, one for the cells that install the same. */
export class Scratch {
  readonly #root: string;
  readonly #tarball: string;
  readonly #installed = new Map<string, string>();

  constructor(root: string, tarball: string) {
    this.#root = root;
    this.#tarball = tarball;
  }

  /**
   * Installs and writes the project of a cell. Returns its folder.
   * @throws NetworkMissing
   */
  prepare(cell: Cell): string {
    const install = cell.install ?? npm;
    const key = JSON.stringify([install, cell.packages]);
    const known = this.#installed.get(key);
    const folder = known ?? join(this.#root, String(this.#installed.size));
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true });
    this.#write(cell, folder);
    if (known !== undefined) return folder;
    const { status, all } = execute(install, folder);
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(all)) throw new NetworkMissing(all);
    if (status !== 0) throw new Error(`${install} failed:\n${all}`);
    this.#installed.set(key, folder);
    return folder;
  }

  #write(cell: Cell, folder: string): void {
    const manifest = cell.files["package.json"];
    const dependencies = Object.fromEntries(cell.packages.map((tool) => [packageOf(tool), versionOf(tool)]));
    const files = {
      ...cell.files,
      "package.json": {
        name: "cell",
        private: true,
        type: "module",
        ...(typeof manifest === "object" ? manifest : undefined),
        dependencies: { watchbill: `file:${this.#tarball}`, ...dependencies },
      },
    };
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
    }
  }
}

/** The longest that a command may take, in ms. */
const limit = 180_000;

/** Runs a command of the shell in a folder, with the programs of its packages in the PATH. */
export function execute(command: string, folder: string): Output {
  const path = [join(folder, "node_modules/.bin"), process.env.PATH].join(delimiter);
  // What `npm run` and the runner of the matrix have set must not reach the tools.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|TSX_|FORCE_COLOR)/i.test(name));
  const { status, stdout, stderr } = spawnSync("bash", ["-c", command], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), PATH: path, NO_COLOR: "1", CI: "true" },
    encoding: "utf8",
    timeout: limit,
  });
  return { status: status ?? 1, text: stdout, all: `${stdout}${stderr}` };
}

/** The application, and the tests of the test frameworks. */
export function sourceOf(path: string): string {
  return readFileSync(join(import.meta.dirname, path), "utf8");
}
