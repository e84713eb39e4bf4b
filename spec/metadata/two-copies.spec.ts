import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import * as library from "watchbill";

type Library = typeof library;

const cache = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));
const lib = fileURLToPath(new URL("../../lib", import.meta.url));

describe("Two copies of the library in one process", () => {
  let folder: string;
  let copy: Library;

  before(async () => {
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, "watchbill-copy-"));
    cpSync(lib, folder, { recursive: true });
    copy = await import(pathToFileURL(join(folder, "index.ts")).href);
  });

  after(() => rmSync(folder, { recursive: true }));

  it("are two: a class of the one is not a class of the other", () => {
    expect(copy.WorkerRegistry).not.to.equal(library.WorkerRegistry);
  });

  for (const [direction, writer, reader] of [
    ["the other what the one recorded", () => library, () => copy],
    ["the one what the other recorded", () => copy, () => library],
  ] as const) {
    it(`show ${direction}`, () => {
      const { Named, Repeat, Worker } = writer();

      @Named("github")
      class Fetcher {
        @Worker
        watchEvents() {}

        @Repeat("5s")
        @Named("commits")
        fetchCommits() {}
      }

      const { workers } = reader().bootstrap([Fetcher]);
      expect(workers.map(({ name }) => name)).to.deep.equal(["github/watchEvents", "github/commits"]);
      expect(workers[1]).to.deep.include({ repeat: { interval: 5_000, startImmediately: false } });
    });
  }

  it("may both decorate one method, which is one record", () => {
    class Fetcher {
      @copy.Repeat("5s")
      @library.Retry(new library.StaticBackoff({ sleep: "1s" }))
      fetchCommits() {}
    }
    expect(library.bootstrap([Fetcher]).workers.map(({ retry }) => retry)).to.deep.equal([
      new library.StaticBackoff({ sleep: "1s" }),
    ]);
    expect(copy.bootstrap([Fetcher]).workers.map(({ name }) => name)).to.deep.equal(["Fetcher/fetchCommits"]);
  });

  it("may decorate base and subclass", () => {
    class Base {
      @copy.Worker
      tick() {}
    }
    class Derived extends Base {
      @library.Worker
      tock() {}
    }
    for (const { bootstrap } of [library, copy]) {
      expect(bootstrap([Derived]).workers.map(({ name }) => name)).to.deep.equal(["Derived/tick", "Derived/tock"]);
    }
  });

  it("know each other's DoNotRestart and StopRoster", async () => {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    for (const end of [new copy.DoNotRestart("migrated"), new copy.StopRoster("bye")]) {
      const worker = () => Promise.reject(end);
      await library.bootstrap([new library.DeclarativeWorker({ name: "x", worker })], { logger }).run();
    }
  });
});
