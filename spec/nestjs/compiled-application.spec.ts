import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const root = fileURLToPath(new URL("../..", import.meta.url));

const source = `
import { Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ClsModule, ClsService } from "nestjs-cls";
import { Repeat, Runner } from "watchbill";
import { InjectRunner, WatchbillModule } from "watchbill/nestjs";

@Injectable()
class Mailer {
  @InjectRunner() private readonly runner!: Runner;

  constructor(private readonly cls: ClsService, private readonly sameRunner: Runner) {}

  @Repeat("1h", { startImmediately: true })
  async send() {
    const before: unknown = this.cls.get("mails");
    this.cls.set("mails", 1);
    await new Promise((resolve) => setImmediate(resolve));
    console.log(this.cls.get("worker"), before, this.cls.get("mails"), this.runner === this.sameRunner);
  }
}

@Module({
  imports: [
    ClsModule.forRoot({ global: true }),
    WatchbillModule.forRootAsync({
      inject: [ClsService],
      useFactory: (cls: ClsService) => ({
        around: [
          ({ name }, next) =>
            cls.run(() => {
              cls.set("worker", name);
              return next();
            }),
        ],
      }),
    }),
  ],
  providers: [Mailer],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
await app.get(Runner).trigger("Mailer/send");
await app.close();
`;

const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env;

function run(command: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8", env });
  expect(status, stdout + stderr).to.equal(0);
  return stdout;
}

// nestjs-cls is CommonJS, so that it and Nest are one program only without tsx, which gives it a copy of Nest of its own.
describe("A Nest application that tsc compiled with decorator metadata", function () {
  this.timeout("60s");
  let folder: string;

  before(() => {
    mkdirSync(join(root, "node_modules", ".cache"), { recursive: true });
    // In this folder, the packages of the project are found, too.
    folder = mkdtempSync(join(root, "node_modules", ".cache", "watchbill-nestjs-"));
    const installed = join(folder, "node_modules", "watchbill");
    const tsc = join(root, "node_modules", ".bin", "tsc");
    run(tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", join(installed, "dist"));
    copyFileSync(join(root, "package.json"), join(installed, "package.json"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "app.ts"), source);
    const compilerOptions = {
      target: "es2022",
      module: "nodenext",
      types: ["node"],
      strict: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
    run(tsc, "-p", folder);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("injects by type, and has a context of nestjs-cls for each run through around", () => {
    const line = "Mailer/send undefined 1 true\n";
    expect(run(process.execPath, join(folder, "app.js"))).to.equal(line + line);
  });
});
