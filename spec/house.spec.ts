import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";

/** From the roof down. What stands on one line may not import each other. */
const floors = [
  ["cli", "nestjs", "fastify"],
  ["dashboard", "opentelemetry", "prometheus", "testing"],
  ["metrics"],
  ["index.ts", "cron", "bullmq"],
  ["bootstrap.ts"],
  ["runner"],
  ["registry"],
  ["decorators"],
  ["declarative-worker.ts"],
  ["supervision"],
  ["distributed"],
  ["chain"],
  ["events"],
  ["runtime"],
  ["backoff"],
  ["timers"],
  ["errors"],
];

const files = readdirSync("lib", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

function importsOf(file: string, statements = /(?:from|import) "(\.[^"]+)\.js"/g): string[] {
  const source = readFileSync(join("lib", file), "utf8");
  const relative = [...source.matchAll(statements)].map(([, path = ""]) => path);
  return relative.map((path) => normalize(join(dirname(file), `${path}.ts`)));
}

/** Without those files of the same folder of which it needs types alone. */
function neededBy(file: string): string[] {
  const types = new Set(importsOf(file, /^import type [^"]*"(\.[^"]+)\.js"/gm));
  return importsOf(file).filter((target) => !types.has(target) || roomOf(target) !== roomOf(file));
}

function roomOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function floorOf(file: string): number {
  return floors.findIndex((rooms) => rooms.includes(roomOf(file)));
}

describe("the house", () => {
  it("has every file on a floor", () => {
    expect(files.filter((file) => floorOf(file) < 0)).to.deep.equal([]);
  });

  it("has imports that only go down", () => {
    const upwards = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => roomOf(target) !== roomOf(file) && floorOf(target) <= floorOf(file))
        .map((target) => `${file} imports ${target}`),
    );
    expect(upwards).to.deep.equal([]);
  });

  it("has no optional peer in the core", () => {
    const roomsWith = (peer: string): string[] =>
      files.filter((file) => readFileSync(join("lib", file), "utf8").includes(`from "${peer}"`)).map(roomOf);
    expect([...new Set(roomsWith("croner"))]).to.deep.equal(["cron"]);
    expect([...new Set(roomsWith("bullmq"))]).to.deep.equal(["bullmq"]);
    expect([...new Set(roomsWith("@opentelemetry/api"))]).to.deep.equal(["opentelemetry"]);
    expect([...new Set(roomsWith("prom-client"))]).to.deep.equal(["prometheus"]);
    expect([...new Set(roomsWith("srvx/node"))]).to.deep.equal(["dashboard"]);
    expect([...new Set(roomsWith("@sinonjs/fake-timers"))]).to.deep.equal(["testing"]);
    for (const nest of ["common", "core"]) expect([...new Set(roomsWith(`@nestjs/${nest}`))]).to.deep.equal(["nestjs"]);
    expect(
      files.filter((file) => roomOf(file) !== "nestjs" && /"(?:@nestjs\/|rxjs)/.test(readFileSync(join("lib", file), "utf8"))),
    ).to.deep.equal([]);
    expect([...new Set(roomsWith("fastify"))]).to.deep.equal(["fastify"]);
    expect([...new Set(roomsWith("commander"))]).to.deep.equal(["cli"]);
    expect([...roomsWith("pg"), ...roomsWith("ioredis")]).to.deep.equal([]);
  });

  it("has a dashboard, metrics and frameworks that use the public API alone", () => {
    const allowed = new Map([
      ["dashboard", ["index.ts"]],
      ["metrics", ["index.ts"]],
      ["opentelemetry", ["index.ts", "metrics"]],
      ["prometheus", ["index.ts", "metrics"]],
      ["testing", ["index.ts"]],
      ["fastify", ["index.ts", "dashboard/dashboard.ts"]],
      ["nestjs", ["index.ts", "dashboard/dashboard.ts"]],
    ]);
    const inside = files.flatMap((file) =>
      importsOf(file).filter((target) => {
        const targets = allowed.get(roomOf(file));
        if (targets === undefined || roomOf(target) === roomOf(file)) return false;
        return !targets.includes(roomOf(target)) && !targets.includes(target);
      }),
    );
    expect(inside).to.deep.equal([]);
  });

  it("has a command line that uses the public API alone", () => {
    const isPublic = (target: string): boolean =>
      roomOf(target) === "cli" || ["index.ts", "dashboard/dashboard.ts", "cron/cron.ts", "testing/testing.ts"].includes(target);
    const inside = files
      .filter((file) => roomOf(file) === "cli")
      .flatMap((file) => importsOf(file, /(?:from|import|import\() ?"(\.[^"]+)\.js"/g).filter((target) => !isPublic(target)));
    expect(inside).to.deep.equal([]);
  });

  it("has no cycle, but for types within one folder", () => {
    const finished = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path, `a cycle: ${[...path, file].join(" → ")}`).to.not.include(file);
      if (finished.has(file)) return;
      for (const target of neededBy(file)) visit(target, [...path, file]);
      finished.add(file);
    };
    for (const file of files) visit(file, []);
    expect(finished.size).to.equal(files.length);
  });

  it("has no cycle between folders", () => {
    const folders = new Map<string, Set<string>>();
    for (const file of files) {
      const targets = importsOf(file).map(roomOf);
      for (const target of targets)
        if (target !== roomOf(file)) folders.set(roomOf(file), (folders.get(roomOf(file)) ?? new Set()).add(target));
    }
    const visit = (folder: string, path: readonly string[]): void => {
      expect(path, `a cycle: ${[...path, folder].join(" → ")}`).to.not.include(folder);
      for (const target of folders.get(folder) ?? []) visit(target, [...path, folder]);
    };
    for (const folder of folders.keys()) visit(folder, []);
  });

  it("has classes that extend at most two others, one above the other", () => {
    const parents = new Map<string, string>();
    for (const file of files) {
      const source = readFileSync(join("lib", file), "utf8");
      for (const [, name = "", parent = ""] of source.matchAll(/class (\w+)(?:<[^{]*>)? extends (\w+)/g))
        parents.set(name, parent);
    }
    const depthOf = (name: string): number => {
      const parent = parents.get(name);
      return parent === undefined ? 0 : 1 + depthOf(parent);
    };
    expect([...parents.keys()].filter((name) => depthOf(name) > 2)).to.deep.equal([]);
    expect(parents.size).to.be.above(20);
  });

  it("touches Reflect's metadata in one file", () => {
    const users = files.filter((file) =>
      /Reflect\.\w*[mM]etadata|"reflect-metadata"/.test(readFileSync(join("lib", file), "utf8")),
    );
    expect(users).to.deep.equal(["decorators/decorator-record.ts"]);
  });
});

describe("the prose", () => {
  const words = [
    ...["whoever", "whatever is", "nobody", "somebody", "heeds?", "told", "be had", "for good", "made up for", "word to stop"],
    ...["is told", "lets? go", "good order", "as good as", "has it that", "rosters?", "done for good", "backing off"],
    // "There is no worker named x" is fine, "x is no worker" is not.
    ...["(?<!there )is no (?!longer|more|way)", ": give "],
  ];
  const forbidden = new RegExp(`(?<![\\w-])(?:${words.join("|")})(?![\\w-])`, "gi");

  const pages = [
    "README.md",
    "CONTRIBUTING.md",
    ...filesIn("docs", ".md"),
    ...filesIn("lib", ".ts"),
    ...filesIn("soak", ".ts"),
    ...filesIn("samples", ".ts"),
  ];

  it("has no word that is not plain technical English", () => {
    const found = pages.flatMap((page) =>
      readFileSync(page, "utf8")
        .split("\n")
        .flatMap((line, index) => [...line.matchAll(forbidden)].map(([word]) => `${page}:${index + 1}: ${word.trim()}`)),
    );
    expect(found).to.deep.equal([]);
  });

  it("has no line of more than 130 columns in docstrings and comments", () => {
    const long = [...filesIn("lib", ".ts"), ...filesIn("soak", ".ts"), ...filesIn("samples", ".ts")].flatMap((page) =>
      readFileSync(page, "utf8")
        .split("\n")
        .flatMap((line, index) => (/^ *(\/?\*|\/\/)/.test(line) && line.length > 130 ? [`${page}:${index + 1}`] : [])),
    );
    expect(long).to.deep.equal([]);
  });
});

function filesIn(folder: string, extension: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return all.filter((file) => file.endsWith(extension)).map((file) => join(folder, file));
}
