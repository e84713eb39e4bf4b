import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type Plugin, transformSync } from "esbuild";
import { Folder, root } from "./command.fixture.js";

/** A project with the package installed, compiled from the sources, and some of the packages of this repository. */
export class Project extends Folder {
  readonly command = join(this.path, "node_modules/watchbill/dist/cli/cli.js");

  constructor(packages: readonly string[] = []) {
    super();
    this.write("package.json", '{ "type": "module" }');
    this.install("reflect-metadata", ...packages);
  }

  install(...packages: readonly string[]): void {
    for (const name of packages) {
      const link = join(this.path, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, "node_modules", name), link);
    }
  }

  /** Compiles the package into a folder, as `npm run build` does, but without types. */
  async build(folder = join(this.path, "node_modules/watchbill")): Promise<void> {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), readFileSync(join(root, "package.json")));
    const lib = join(root, "lib");
    for (const file of readdirSync(lib, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || file.startsWith("dashboard/page")) continue;
      const { code } = transformSync(readFileSync(join(lib, file), "utf8"), {
        loader: "ts",
        format: "esm",
        target: "es2022",
        tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
      });
      const target = join(folder, "dist", file.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }
    for (const entry of ["cli/program.js", "dashboard/node-adapter.js"]) await bundle(join(folder, "dist", entry));
  }
}

const ownFilesApart: Plugin = {
  name: "own files apart",
  setup(bundling) {
    bundling.onResolve({ filter: /^\./ }, ({ path, importer, kind }) =>
      kind !== "entry-point" && !importer.includes("node_modules/commander") && !importer.includes("node_modules/srvx")
        ? { path, external: true }
        : undefined,
    );
  },
};

async function bundle(file: string): Promise<void> {
  await build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    platform: "node",
    nodePaths: [join(root, "node_modules")],
    banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
    plugins: [ownFilesApart],
    logLevel: "error",
  });
}
