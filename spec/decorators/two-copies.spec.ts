import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import * as library from "watchbill";

type Library = typeof library;

const cache = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));
const lib = fileURLToPath(new URL("../../lib", import.meta.url));

class Configured {
  readonly #worker: object;

  constructor(worker: object) {
    this.#worker = worker;
  }

  workers() {
    return [this.#worker];
  }
}

/** Without undefined fields: the copy is compiled with other options, under which absent fields are undefined. */
function declaredFields(worker: object | undefined): object {
  return Object.fromEntries(Object.entries(worker ?? {}).filter(([, value]) => value !== undefined));
}

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

  it("have distinct classes", () => {
    expect(copy.WorkerRegistry).not.to.equal(library.WorkerRegistry);
  });

  for (const [direction, writer, reader] of [
    ["records of the first to the second", () => library, () => copy],
    ["records of the second to the first", () => copy, () => library],
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

  it("can both decorate one method, which has one record", () => {
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

  it("can decorate base and subclass", () => {
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

  for (const [direction, writer, reader] of [
    ["of the first in the second", () => library, () => copy],
    ["of the second in the first", () => copy, () => library],
  ] as const) {
    it(`rebuild a DeclarativeWorker ${direction} from its fields`, async () => {
      const { DeclarativeWorker, StaticBackoff } = writer();
      const { bootstrap, Runner, WorkerRegistry } = reader();
      const backoff = new StaticBackoff({ sleep: "1s" });
      const calls: string[] = [];
      const job = () => void calls.push("job");
      const repeated = new DeclarativeWorker({
        name: "a",
        job,
        repeat: { interval: "1h", startImmediately: true },
        retryJob: { backoff, maxAttempts: 2 },
        retry: backoff,
        timeout: "5s",
        shutdownTimeout: "1s",
        distributed: true,
      });
      const once = new DeclarativeWorker({ name: "b", restart: "never", worker: () => void calls.push("worker") });
      const logger = { debug() {}, info() {}, warn() {}, error() {} };
      const runner = bootstrap([repeated, once, new Configured(once)], { logger, signals: [] });
      expect(runner.workers.map(({ name }) => name)).to.deep.equal(["a", "b", "Configured/b"]);
      expect(runner.workers[0]).to.be.instanceOf(reader().DeclarativeWorker);
      expect(declaredFields(runner.workers[0])).to.deep.equal(declaredFields(repeated));
      expect(new Runner([once]).workers.map(({ name }) => name)).to.deep.equal(["b"]);
      const registry = new WorkerRegistry().provide(once);
      expect(registry.workers[0]).to.equal(registry.workers[0]);
      const running = runner.run();
      expect(calls).to.include.members(["worker"]);
      await runner.stop();
      await running;
    });
  }

  it("reject a DeclarativeWorker with a field that this one does not know, and report it", () => {
    const later = Object.assign(new copy.DeclarativeWorker({ name: "a", worker() {} }), { ofLater: 5 });
    const unknownOption = 'DeclarativeWorker has no option "ofLater": there are name, worker, ';
    const advice = "A DeclarativeWorker of another copy of watchbill cannot be used with this one";
    expect(() => library.bootstrap([later]))
      .to.throw(library.BootstrapError)
      .with.property("problems")
      .that.satisfies(
        ([problem = "", ...others]: string[]) =>
          problem.startsWith(`An instance of DeclarativeWorker: ${advice}: ${unknownOption}`) &&
          problem.endsWith(", group; install one version only") &&
          others.length === 0,
      );
  });

  it("reject a DeclarativeWorker of the other copy that has no name", () => {
    expect(() => library.bootstrap([new copy.DeclarativeWorker({ worker() {} })]))
      .to.throw(library.BootstrapError)
      .with.deep.property("problems", ["A DeclarativeWorker has no name: pass one as its option name"]);
  });

  it("recognize each other's DoNotRestart and StopAll", async () => {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    for (const end of [new copy.DoNotRestart("migrated"), new copy.StopAll("bye")]) {
      const worker = () => Promise.reject(end);
      await library.bootstrap([new library.DeclarativeWorker({ name: "x", worker })], { logger }).run();
    }
  });
});
