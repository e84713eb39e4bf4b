import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const root = fileURLToPath(new URL("../..", import.meta.url));

const base = `
import { Named, Repeat, Retry, StaticBackoff, Worker, type WorkerContext } from "watchbill";

export const cleanUp = Symbol("cleanUp");

@Named("base")
export class Base {
  readonly config = { interval: "5s" } as const;

  @Repeat((self: Base) => self.config.interval) @Retry(new StaticBackoff({ sleep: 100 })) @Named("commits")
  fetchCommits(_context: WorkerContext) {}

  @Worker
  watchEvents() {}

  @Worker
  42() {}

  @Worker()
  replaced() {}

  @Worker
  [cleanUp]() {}
}
`;

const derived = `
import { bootstrap, BootstrapError, Named, Repeat, Worker } from "watchbill";
import { Base } from "./base.js";

@Named((self: Derived) => self.region)
class Derived extends Base {
  readonly region = "eu";

  override watchEvents() {}

  @Repeat("1h", { startImmediately: true })
  override replaced() {}
}

class Misused {
  // @ts-expect-error a field
  @Worker field = () => {};
  // @ts-expect-error static
  @Repeat("5s") static still() {}
  // @ts-expect-error two parameters
  @Worker both(_context: unknown, _second: unknown) {}
}

const results: unknown[] = [];
for (const source of [Base, Derived, Misused]) {
  try {
    results.push(bootstrap([source]).workers.map(({ name, repeat }) => [name, repeat?.interval ?? null]));
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    results.push([...error.problems].sort());
  }
}
console.log(JSON.stringify(results));
`;

const expected = [
  [
    ["base/commits", 5_000],
    ["base/watchEvents", null],
    ["base/42", null],
    ["base/replaced", null],
    ["base/cleanUp", null],
  ],
  [
    ["eu/commits", 5_000],
    ["eu/watchEvents", null],
    ["eu/42", null],
    ["eu/replaced", 3_600_000],
    ["eu/cleanUp", null],
  ],
  [
    "@Repeat cannot be on Misused.still: it is static: remove static, workers belong to instances",
    "@Worker cannot be on Misused.field: it is a field: make it a method",
    "Misused.both takes 2 parameters: a worker receives one, its context; add a default to the others",
  ],
];

const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env;

function run(command: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8", env });
  expect(status, stdout + stderr).to.equal(0);
  return stdout;
}

describe("The output of tsc on plain Node", function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "watchbill-compiled-"));
    const installed = join(folder, "node_modules", "watchbill");
    const tsc = join(root, "node_modules", ".bin", "tsc");
    run(tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", join(installed, "dist"));
    copyFileSync(join(root, "package.json"), join(installed, "package.json"));
    for (const dependency of ["reflect-metadata", "@types"])
      symlinkSync(join(root, "node_modules", dependency), join(folder, "node_modules", dependency));
    mkdirSync(join(folder, "source"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "source", "base.ts"), base);
    writeFileSync(join(folder, "source", "derived.ts"), derived);
    for (const dialect of ["standard", "legacy"]) {
      const compilerOptions = {
        target: "es2022",
        lib: ["es2023", "esnext.decorators"],
        module: "nodenext",
        types: ["node"],
        strict: true,
        rootDir: "source",
        outDir: dialect,
        experimentalDecorators: dialect === "legacy",
      };
      const project = join(folder, `${dialect}.json`);
      writeFileSync(project, JSON.stringify({ compilerOptions, include: ["source"] }));
      run(tsc, "-p", project);
    }
  });

  after(() => rmSync(folder, { recursive: true }));

  for (const dialect of ["standard", "legacy"]) {
    for (const baseDialect of ["standard", "legacy"]) {
      it(`has the same workers and problems with ${dialect} decorators on a base with ${baseDialect} ones`, () => {
        const mixed = join(folder, `${dialect}-on-${baseDialect}`);
        cpSync(join(folder, dialect), mixed, { recursive: true });
        copyFileSync(join(folder, baseDialect, "base.js"), join(mixed, "base.js"));
        expect(JSON.parse(run(process.execPath, join(mixed, "derived.js")))).to.deep.equal(expected);
      });
    }
  }
});
