import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { loadModule } from "../../lib/cli/load-module.js";
import { Folder, root, watchbill } from "./command.fixture.js";
import { Project } from "./installed.fixture.js";
import { CommandProcess } from "./process.fixture.js";

const header = "WORKER    SCHEDULE  NEXT  LEFT  LAST  TOOK  RESULT\n";
const listed = `${header}Jobs/run  every 1h  -     -     -     -     -\n`;

const standard = `
  import { Repeat } from "watchbill";
  export class Jobs { @Repeat("1h") run(): void {} }
`;

describe("The modules that watchbill reads", function () {
  this.timeout("60s");

  let project: Project;

  before(async () => {
    project = new Project(["tsx", "jiti", "croner"]);
    await project.build();
  });
  after(() => project.remove());
  afterEach(() => {
    CommandProcess.killAll();
    for (const name of ["app", "tsconfig.json"]) rmSync(join(project.path, name), { recursive: true, force: true });
  });

  interface Options {
    readonly cwd?: string;
    readonly command?: string;
  }

  /** Runs the installed command, with neither a compiler nor a `tsconfig.json` of this repository. */
  async function command(args: readonly string[], { cwd = project.path, command: file = project.command }: Options = {}) {
    const env = {
      TSX_TSCONFIG_PATH: undefined,
      NODE_V8_COVERAGE: undefined,
      XDG_RUNTIME_DIR: project.path,
      JITI_FS_CACHE: "false",
    };
    const child = new CommandProcess(args, { cwd, command: [file], env });
    return { code: await child.ended, stdout: child.stdout, stderr: child.stderr };
  }

  async function expectListed(file: string, code: string): Promise<void> {
    project.write(file, code);
    expect(await command(["list", file])).to.deep.equal({ code: 0, stdout: listed, stderr: "" });
  }

  describe("may be", () => {
    it("TypeScript with standard decorators", () => expectListed("app/app.ts", standard));

    it("TypeScript with legacy decorators", async () => {
      const compilerOptions = { experimentalDecorators: true, target: "es2022" };
      project.write("tsconfig.json", JSON.stringify({ compilerOptions }));
      await expectListed(
        "app/app.ts",
        `import { Repeat } from "watchbill";
        // Only the legacy dialect has decorators of parameters.
        const anything = (..._args: unknown[]) => {};
        export class Jobs { @Repeat("1h") run(@anything _context: unknown): void {} }`,
      );
    });

    it("TypeScript with the tsconfig.json beside it, in a folder below", async () => {
      project.write("app/tsconfig.json", JSON.stringify({ compilerOptions: { paths: { "#jobs": ["./jobs.ts"] } } }));
      project.write("app/jobs.ts", standard);
      await expectListed("app/app.ts", `export { Jobs } from "#jobs";`);
    });

    it("TypeScript that is CommonJS", async () => {
      project.write("app/package.json", '{ "type": "commonjs" }');
      await expectListed("app/app.ts", standard);
    });

    it("TypeScript that is compiled by jiti if there is no tsx", async () => {
      rmSync(join(project.path, "node_modules/tsx"));
      try {
        await expectListed("app/app.ts", standard);
        // A runner is recognised, so there is one copy of the library.
        await expectListed(
          "app/app.mts",
          `import { bootstrap } from "watchbill";\n${standard}\nexport default bootstrap([Jobs]);`,
        );
      } finally {
        project.install("tsx");
      }
    });

    const declared = `new DeclarativeWorker({ name: "Jobs/run", job() {}, repeat: "1h" })`;

    it("ESM", async () => {
      await expectListed("app/app.mjs", `import { DeclarativeWorker } from "watchbill"; export const sources = [${declared}];`);
      await expectListed("app/app.js", `import { DeclarativeWorker } from "watchbill"; export default [${declared}];`);
    });

    it("ESM with a top-level await", () =>
      expectListed(
        "app/app.js",
        `import { setTimeout } from "node:timers/promises";
        const { bootstrap, DeclarativeWorker } = await import("watchbill");
        await setTimeout(20);
        export default bootstrap([${declared}]);`,
      ));

    it("CommonJS", async () => {
      const lib = `const { bootstrap, DeclarativeWorker } = require("watchbill");`;
      await expectListed("app/app.cjs", `${lib} exports.sources = [${declared}];`);
      await expectListed("app/runner.cjs", `${lib} module.exports = bootstrap([${declared}]);`);
      await expectListed(
        "app/compiled.cjs",
        `${lib} Object.defineProperty(exports, "__esModule", { value: true }); exports.default = bootstrap([${declared}]);`,
      );
    });
  });

  describe("are refused with one sentence if", () => {
    const refusals: [title: string, file: string, code: string, exitCode: number, message: RegExp][] = [
      [
        "there is a syntax error in JavaScript",
        "app.js",
        "const a = ;",
        3,
        /^app\/app\.js cannot be loaded: (.*\n)*SyntaxError: Unexpected token ';'\n$/,
      ],
      [
        "there is a syntax error in TypeScript",
        "app.ts",
        "const a = ;",
        3,
        /^app\/app\.ts cannot be loaded: (.*\n)*.*app\/app\.ts:1:10: ERROR: Unexpected ";"\n/,
      ],
      [
        "they throw",
        "app.ts",
        "function f() { throw new Error('no database') }\nf();",
        3,
        /^app\/app\.ts cannot be loaded: Error: no database\n {4}at f \(.*app\/app\.ts:1:22\)\n {4}at <anonymous> \(.*app\/app\.ts:2:1\)\n$/,
      ],
      [
        "they throw what is not an error",
        "app.js",
        "throw 'a \\u001b[31mstring'",
        3,
        /^app\/app\.js cannot be loaded: a \\u001b\[31mstring\n$/,
      ],
      [
        "they import what is missing",
        "app.js",
        "import 'not-there';",
        3,
        /^app\/app\.js cannot be loaded: Error.*: Cannot find package 'not-there'/,
      ],
      [
        "they export nothing to run",
        "app.js",
        "export const a = 1;",
        2,
        /^app\/app\.js has no workers: export a runner as default, an array named sources, or classes with workers\n$/,
      ],
      [
        "they export a runner by name only",
        "app.js",
        "import { bootstrap } from 'watchbill'; export const main = bootstrap([]);",
        2,
        /as default \(export default main\)/,
      ],
      [
        "they are another kind of file",
        "app.json",
        "{}",
        2,
        /^app\/app\.json is not a module: its name must end in one of \.ts, /,
      ],
    ];
    for (const [title, file, code, exitCode, message] of refusals) {
      it(title, async () => {
        project.write(`app/${file}`, code);
        const printed = await command(["list", `app/${file}`]);
        expect(printed.stderr).to.match(message);
        expect([printed.code, printed.stdout]).to.deep.equal([exitCode, ""]);
      });
    }

    it("they do not exist", async () => {
      project.write("app/app.ts", "");
      const { code, stderr } = await command(["list", "app/main.ts"]);
      expect([code, stderr]).to.deep.equal([2, "There is no module app/main.ts: there are app.ts\n"]);
      expect((await command(["list", "app/app"])).stderr).to.equal("There is no module app/app: did you mean app/app.ts?\n");
    });

    it("they are TypeScript and there is no compiler", async () => {
      const bare = new Project();
      try {
        await bare.build();
        bare.write("app.ts", standard);
        const { code, stderr } = await command(["list", "app.ts"], { cwd: bare.path, command: bare.command });
        expect([code, stderr]).to.deep.equal([
          2,
          "app.ts is TypeScript, which needs a compiler: install tsx in the project, with npm install --save-dev tsx\n",
        ]);
        const next = await command(["next", "@daily"], { cwd: bare.path, command: bare.command });
        expect([next.code, next.stderr]).to.deep.equal([
          2,
          "Cron patterns need the package croner: install it with npm install croner@11\n",
        ]);
      } finally {
        bare.remove();
      }
    });

    it("they wait at their top level for ever", async () => {
      const file = project.write("app/app.mjs", "await new Promise(() => {});");
      let message = "";
      await loadModuleQuietly(file).catch((error: unknown) => {
        message = error instanceof Error ? error.message : "";
      });
      expect(message).to.equal(`${file} cannot be loaded: it still waits at its top level after 1s`);
    });
  });

  async function loadModuleQuietly(file: string) {
    const { argv } = process;
    process.argv = [...argv];
    try {
      return await loadModule(file, { limit: 600 });
    } finally {
      process.argv = argv;
    }
  }

  describe("that run their workers on import", () => {
    const imports = `import { bootstrap, DeclarativeWorker, stopped } from "watchbill";
      const worker = async ({ signal }) => { await stopped(signal); console.log("stopped"); };
      const runner = bootstrap([new DeclarativeWorker({ name: "w", worker })]);`;

    it("are refused if they wait for that, and stop them again", async () => {
      project.write("app/app.js", `${imports} await runner.run(); export default runner;`);
      const { code, stdout, stderr } = await command(["list", "app/app.js"]);
      expect([code, stdout]).to.deep.equal([2, "stopped\n"]);
      expect(stderr.trimEnd().split("\n").at(-1)).to.equal(
        "app/app.js runs its workers when it is imported: export the runner as default, and call run() in another file",
      );
    });

    it("are listed and checked if they do not, and stop them again", async () => {
      project.write("app/app.js", `${imports} void runner.run(); export default runner;`);
      for (const name of ["list", "check"]) {
        const { code, stdout, stderr } = await command([name, "app/app.js"]);
        expect(code).to.equal(0);
        expect(stdout).to.match(/^stopped\n/);
        expect(stderr).to.include("app/app.js has started its workers when it was imported; they were stopped again\n");
      }
    });

    it("are refused by run", async () => {
      project.write("app/app.js", `${imports} void runner.run(); export default runner;`);
      const { code, stderr } = await command(["run", "app/app.js"]);
      expect(code).to.equal(2);
      expect(stderr).to.include("app/app.js runs its workers when it is imported");
    });

    it("do not keep the command from ending, whatever else they start", async () => {
      await expectListed(
        "app/app.js",
        `import { createServer } from "node:net";
        import { DeclarativeWorker } from "watchbill";
        createServer().listen(0);
        setInterval(() => {}, 1_000);
        export const sources = [new DeclarativeWorker({ name: "Jobs/run", job() {}, repeat: "1h" })];`,
      );
    });
  });

  describe("of a project with its own copy", () => {
    it("are read by the command of the project, if another one is called", async () => {
      const other = new Folder();
      try {
        const global = new Project();
        await global.build();
        project.write(
          "app/app.js",
          `import { bootstrap, DeclarativeWorker } from "watchbill";
          console.log(process.argv.slice(1).length);
          export default bootstrap([new DeclarativeWorker({ name: "Jobs/run", job() {}, repeat: "1h" })]);`,
        );
        for (const cwd of [project.path, other.path]) {
          const { code, stdout, stderr } = await command(["list", join(project.path, "app/app.js")], {
            cwd,
            command: global.command,
          });
          expect([code, stdout, stderr], cwd).to.deep.equal([0, `1\n${listed}`, ""]);
        }
        global.remove();
      } finally {
        other.remove();
      }
    });

    it("are refused if they use a second copy, naming both", async () => {
      const copy = join(project.path, "node_modules/copy");
      await project.build(copy);
      project.write(
        "app/app.js",
        `import { bootstrap, DeclarativeWorker } from "../node_modules/copy/dist/index.js";
        export default bootstrap([new DeclarativeWorker({ name: "Jobs/run", job() {}, repeat: "1h" })]);`,
      );
      const { code, stdout, stderr } = await command(["list", "app/app.js"]);
      rmSync(copy, { recursive: true });
      expect([code, stdout]).to.deep.equal([2, ""]);
      expect(stderr).to.match(/^Two copies of watchbill are installed: app\/app\.js uses that of .*, this command is of .*\n$/);
    });
  });

  it("may be named in full, and see the arguments of the command run alone", async () => {
    const file = project.write("app/app.js", "console.log(JSON.stringify(process.argv.slice(1))); export default [];");
    const { stdout } = await command(["run", file, "--no-socket", "--", "a", "--b"]);
    expect(JSON.parse(stdout.split("\n")[0] ?? "")).to.deep.equal([file, "a", "--b"]);
  });

  describe("from the sources of this repository", () => {
    const runner = `import { bootstrap, DeclarativeWorker, stopped } from "watchbill";
      const worker = ({ signal }) => stopped(signal);
      const logger = { debug() {}, info() {}, warn() {}, error() {} };
      const main = bootstrap([new DeclarativeWorker({ name: "w", worker })], { logger });`;

    for (const [title, code, exitCode, message] of [
      ["throw", "throw new Error('no database')", 3, /cannot be loaded: Error: no database\n {4}at .*app\/app\.ts:1:\d+/],
      ["have a syntax error", "const a = ;", 3, /cannot be loaded: (.*\n)*.*app\.ts:1:10: ERROR: Unexpected ";"/],
      ["have nothing to run", "export const a = 1;", 2, /has no workers: export a runner as default, an array/],
      ["export a runner by name only", `${runner} export { main };`, 2, /as default \(export default main\)/],
      ["wait for their runner", `${runner} await main.run();`, 2, /runs its workers when it is imported/],
      ["start a runner that they do not export", `${runner} void main.run();`, 2, /runs its workers when it is imported/],
      [
        "export a runner of another copy",
        `${runner} const { run, stop, status, trigger } = main; export default { run, stop, status, trigger };`,
        2,
        /^Two copies/,
      ],
    ] as const) {
      it(`are refused if they ${title}`, async () => {
        const folder = new Folder();
        const printed = await watchbill(["list", folder.write("app/app.ts", code)]);
        folder.remove();
        expect(printed.stderr).to.match(message);
        expect([printed.code, printed.stdout]).to.deep.equal([exitCode, ""]);
      });
    }

    it("are refused if they do not exist", async () => {
      const folder = new Folder();
      const missing = await watchbill(["list", `${folder.path}/app.ts`]);
      expect([missing.code, missing.stderr]).to.deep.equal([
        2,
        `There is no module ${folder.path}/app.ts: there are no modules in that folder\n`,
      ]);
      const file = folder.write("app.txt", "");
      expect((await watchbill(["list", file])).stderr).to.include("is not a module: its name must end in one of .ts, ");
      folder.remove();
    });

    it("may be a runner within a runner, whose workers have its name in front", async () => {
      const folder = new Folder();
      const file = folder.write(
        "app.ts",
        `import { bootstrap, DeclarativeWorker, Runner } from "watchbill";
        const jobs = bootstrap([new DeclarativeWorker({ name: "Jobs/run", job() {}, repeat: "1h" }), new DeclarativeWorker({ name: "other", job() {}, repeat: "1h" })]);
        export default bootstrap([new DeclarativeWorker({ name: "nested/Jobs", worker: jobs })]);`,
      );
      const { stdout } = await watchbill(["list", file, "--json"]);
      const workers: { name: string }[] = JSON.parse(stdout);
      expect(workers.map(({ name }) => name)).to.deep.equal(["nested/Jobs", "nested/Jobs/run", "nested/Jobs/other"]);
      const { code, stdout: line } = await watchbill(["once", file, "nested/Jobs/run"]);
      folder.remove();
      expect(`${code},${line}`).to.match(/^0,nested\/Jobs\/run: done in /);
    });
  });

  it("are those of the sources in this repository", async () => {
    const { code, stdout } = await watchbill(["list", "spec/cli/modules/app.ts", "--json"]);
    expect([code, JSON.parse(stdout).length]).to.deep.equal([0, 4]);
    expect(spawnSync(process.execPath, ["--import", "tsx", "lib/cli/cli.ts", "--version"], { cwd: root }).status).to.equal(0);
  });
});
