import { compileFunction } from "node:vm";
import { expect } from "chai";
import { transform } from "esbuild";

import { BootstrapError, bootstrap, DeclarativeWorker, Distributed, Named, Repeat, Worker } from "watchbill";
import { recordingLogger } from "watchbill/testing";

const source = `
  class CommitFetcher {
    constructor() { this.self = CommitFetcher; }
    @Repeat("1h") fetch() {}
  }
  module.type = CommitFetcher;
`;

/** The class, as a build with esbuild makes it. */
async function built(options: { minify: boolean; keepNames: boolean }): Promise<{ new (): object; readonly name: string }> {
  const { code } = await transform(source, { target: "es2022", format: "cjs", ...options });
  const module = { type: class Missing {} };
  compileFunction(code, ["module", "Repeat"])(module, Repeat);
  return module.type;
}

function warningsOf(...sources: object[]): readonly string[] {
  const logger = recordingLogger();
  bootstrap(sources, { logger });
  return logger.lines;
}

const advice = "name the classes with @Named, or keep the names of classes when you bundle";

describe("A worker name that comes from a minifier", () => {
  it("is warned of once, at bootstrap", async () => {
    const type = await built({ minify: true, keepNames: false });
    expect(type.name).to.have.length.below(3);
    class q {
      @Worker
      run() {}
    }
    expect(warningsOf(type, q)).to.deep.equal([
      `warn these names look minified and may change with the next build: ${type.name}/fetch, q/run; ${advice}`,
    ]);
  });

  it("is one that differs from the name in the source text of the class", () => {
    class Poller {
      @Worker
      run() {}
    }
    Object.defineProperty(Poller, "name", { value: "Chunk" });
    expect(warningsOf(Poller)).to.deep.equal([
      `warn these names look minified and may change with the next build: Chunk/run; ${advice}`,
    ]);
  });

  it("is not one if the build keeps the names of classes, or does not minify", async () => {
    for (const options of [
      { minify: true, keepNames: true },
      { minify: false, keepNames: true },
      { minify: false, keepNames: false },
    ]) {
      expect(warningsOf(await built(options)), JSON.stringify(options)).to.deep.equal([]);
    }
  });

  it("is not one if the class names itself", () => {
    class Poller {
      @Worker
      run() {}
    }
    Object.defineProperty(Poller, "name", { value: "billing", writable: true });
    expect(warningsOf(Poller)).to.deep.equal([]);
  });

  it("is not one if the class has @Named, or the worker is declared without a class", () => {
    @Named("queue")
    class q {
      @Worker
      run() {}
    }
    expect(warningsOf(q, new DeclarativeWorker({ name: "a/b", worker() {} }))).to.deep.equal([]);
  });

  it("is refused for a distributed worker, unless the class has @Named", () => {
    class q {
      @Distributed
      @Repeat("1h")
      @Named("charge")
      run() {}

      @Repeat("1h")
      local() {}
    }
    expect(() => bootstrap([q]))
      .to.throw(BootstrapError)
      .with.property("problems")
      .that.deep.equals([
        "q.run is distributed, and the name of its class looks minified: replicas know the worker by its name, so name the class with @Named",
      ]);

    @Named("queue")
    class r {
      @Distributed
      @Repeat("1h")
      run() {}
    }
    expect(bootstrap([r]).workers.map(({ name }) => name)).to.deep.equal(["queue/run"]);
  });
});
