import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";

/** From the roof down. What stands on one line may not import each other. */
const floors = [
  ["index.ts", "cron", "bullmq"],
  ["bootstrap.ts"],
  ["runner"],
  ["registry"],
  ["declarative-worker.ts", "decorators"],
  ["fleet"],
  ["workers"],
  ["events"],
  ["context"],
  ["backoff", "metadata"],
  ["time"],
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
    expect([...roomsWith("pg"), ...roomsWith("ioredis")]).to.deep.equal([]);
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

  it("touches Reflect's metadata in one file", () => {
    const users = files.filter((file) =>
      /Reflect\.\w*[mM]etadata|"reflect-metadata"/.test(readFileSync(join("lib", file), "utf8")),
    );
    expect(users).to.deep.equal(["metadata/record.ts"]);
  });
});
