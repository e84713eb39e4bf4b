import { inspect } from "node:util";
import { expect } from "chai";
import sinon from "sinon";
import { WorkerLogger } from "../../lib/runtime/worker-logger.js";

const levels = ["debug", "info", "warn", "error"] as const;

describe("A worker's logger", () => {
  let write: sinon.SinonStub;
  const fake = () => ({ debug: sinon.stub(), info: sinon.stub(), warn: sinon.stub(), error: sinon.stub() });

  beforeEach(() => {
    write = sinon.stub(process.stderr, "write");
  });

  afterEach(() => write.restore());

  /** The lines on stderr, without their time. */
  const written = (): string[] =>
    write.args
      .map(([text]) => String(text))
      .join("")
      .split("\n")
      .map((line) => line.replace(/^\S+Z /, ""));

  for (const level of levels) {
    it(`adds the worker's name to every entry of level ${level}`, () => {
      const target = fake();
      const logger = new WorkerLogger(target, "github/commits");
      logger[level]({ page: 2 }, "fetched");
      logger[level]({ page: 3 });
      logger[level]("hello");
      expect(target[level].args).to.deep.equal([
        [{ worker: "github/commits", page: 2 }, "fetched"],
        [{ worker: "github/commits", page: 3 }],
        [{ worker: "github/commits" }, "hello"],
      ]);
      expect(levels.filter((other) => target[other].called)).to.deep.equal([level]);
    });

    it(`writes to stderr an entry of level ${level} that the logger rejects, with the reason`, () => {
      const target = { ...fake(), [level]: sinon.stub().throws(new Error("the disk is full")) };
      new WorkerLogger(target, "x")[level]({ page: 2 }, "fetched");
      const lines = written();
      expect(lines[0]).to.equal(`${level.toUpperCase()} x: fetched (page 2)`);
      expect(lines[1]).to.match(/^ERROR x: the logger failed on the entry above(: Error: the disk is full)?$/);
      expect(lines.join()).to.include("Error: the disk is full");
    });

    it(`writes to stderr an entry of level ${level} if the logger has no such method`, () => {
      const { [level]: _, ...target } = fake();
      new WorkerLogger(target as never, "x")[level]("hello");
      const lines = written();
      expect(lines[0]).to.equal(`${level.toUpperCase()} x: hello`);
      expect(lines[1]).to.match(/^ERROR x: the logger failed on the entry above/);
    });
  }

  it("formats further arguments into the message, like console.log", () => {
    const target = fake();
    const info = (...args: unknown[]): void => Reflect.apply(new WorkerLogger(target, "x").info, undefined, args);
    const error = new Error("no luck");
    info("fmt %s %d", "arg", 5, "more");
    info({ page: 2 }, "%s of %s", "a");
    info("failed", error);
    info("took", 5, { a: { b: 1 } });
    expect(target.info.args).to.deep.equal([
      [{ worker: "x" }, "fmt arg 5 more"],
      [{ worker: "x", page: 2 }, "a of %s"],
      [{ worker: "x", err: error }, "failed [Error: no luck]"],
      [{ worker: "x" }, "took 5 { a: { b: 1 } }"],
    ]);
  });

  it("accepts any message, and shows one that is not a string", () => {
    const target = fake();
    const info = (...args: unknown[]): void => Reflect.apply(new WorkerLogger(target, "x").info, undefined, args);
    for (const message of [Symbol("s"), 42, null, undefined, true]) info(message);
    info({ page: 2 }, Symbol("s"));
    info(null, "text");
    expect(target.info.args).to.deep.equal([
      [{ worker: "x" }, "Symbol(s)"],
      [{ worker: "x" }, "42"],
      [{ worker: "x" }],
      [{ worker: "x" }],
      [{ worker: "x" }, "true"],
      [{ worker: "x", page: 2 }, "Symbol(s)"],
      [{ worker: "x" }, "text"],
    ]);
  });

  it("forwards the readable part of the details", () => {
    const target = fake();
    const details = Object.defineProperty({ page: 2 }, "rows", { get: () => expect.fail(), enumerable: true });
    new WorkerLogger(target, "x").info(details, "fetched");
    new WorkerLogger(target, "x").info(new Proxy({ page: 3 }, {}), "fetched");
    new WorkerLogger(target, "x").info(new Proxy({}, { ownKeys: () => expect.fail() }), "fetched");
    expect(target.info.args.map(([entry]) => entry)).to.deep.equal([
      { worker: "x", page: 2, rows: "(cannot be read)" },
      { worker: "x", page: 3 },
      { worker: "x", details: "a proxy" },
    ]);
  });

  describe("writes to stderr if the logger returns", () => {
    const failure = new Error("the disk is full");
    const refuse = () => {
      throw failure;
    };
    // biome-ignore-start lint/suspicious/noThenProperty: thenables are the subject
    for (const [what, returned] of [
      ["a promise that rejects", () => Promise.reject(failure)],
      ["a thenable that rejects", () => ({ then: (_: unknown, reject: (reason: unknown) => void) => reject(failure) })],
      ["a thenable that throws", () => ({ then: refuse })],
      ["an object whose then cannot be read", () => Object.defineProperty({}, "then", { get: refuse })],
      ["a rejecting promise with its own then", () => Object.assign(Promise.reject(failure), { then: refuse })],
    ] as const) {
      // biome-ignore-end lint/suspicious/noThenProperty: thenables are the subject
      it(what, async () => {
        new WorkerLogger({ ...fake(), info: sinon.stub().callsFake(returned) }, "x").info({ page: 2 }, "fetched");
        expect(written()).to.deep.equal([""]);
        await new Promise(setImmediate);
        expect(written().slice(0, 2).join("\n")).to.match(
          /^INFO x: fetched \(page 2\)\nERROR x: the logger failed on the entry above(: Error: the disk is full)?$/,
        );
      });
    }

    it("but not if it returns any other value, such as itself", async () => {
      for (const returned of [undefined, 5, {}, fake(), Promise.resolve()]) {
        new WorkerLogger({ ...fake(), info: () => returned }, "x").info("fetched");
      }
      await new Promise(setImmediate);
      expect(write.called).to.equal(false);
    });
  });

  it("adds no name if there is none", () => {
    const target = fake();
    new WorkerLogger(target, "").info({ page: 2 }, "fetched");
    expect(target.info.args).to.deep.equal([[{ page: 2 }, "fetched"]]);
  });

  it("does not modify the details", () => {
    const details = Object.freeze({ page: 2 });
    new WorkerLogger(fake(), "x").info(details, "fetched");
    expect(details).to.deep.equal({ page: 2 });
  });

  it("calls the logger as its own method, as stateful loggers require", () => {
    class Counting {
      count = 0;
      debug(): void {}
      info(): void {
        this.count++;
      }
      warn(): void {}
      error(): void {}
    }
    const target = new Counting();
    const { info } = new WorkerLogger(target, "x");
    info("hello");
    expect(target.count).to.equal(1);
  });

  it("forwards an error that is passed for the details, as pino does", () => {
    const target = fake();
    const error = new Error("no luck");
    new WorkerLogger(target, "x").error(error, "failed");
    expect(target.error.args).to.deep.equal([[{ worker: "x", err: error }, "failed"]]);
  });

  describe("never throws", () => {
    class Nasty extends Error {
      [inspect.custom](): string {
        throw new Error("not to be inspected");
      }
    }
    const getter = {
      get page(): number {
        throw new Error("not to be read");
      },
    };
    const throwing = { ...fake(), info: sinon.stub().throws() };

    const entries: [string, ReturnType<typeof fake> | undefined, unknown][] = [
      ["if the logger throws a value that cannot be inspected", { ...fake(), info: sinon.stub().throws(new Nasty()) }, {}],
      ["if it has no logger", undefined, {}],
      ["if the logger throws on an error that cannot be inspected", throwing, { err: new Nasty() }],
      ["if the logger throws on a field that cannot be inspected", throwing, { page: new Nasty() }],
      ["if the details cannot be read", fake(), getter],
      ["if the details are null, against their type", fake(), null],
    ];

    for (const [what, target, details] of entries) {
      it(`${what}, and still writes the entry`, () => {
        new WorkerLogger(target as never, "x").info(details as never, "fetched");
        expect(write.called || target?.info.called).to.equal(true);
      });
    }
  });

  it("writes the worker's name first, and no entry can forge it", () => {
    const target = fake();
    const logger = new WorkerLogger(target, "x");
    logger.info({ page: 2, worker: "forged" }, "fetched");
    expect(target.info.args).to.deep.equal([[{ worker: "x", page: 2 }, "fetched"]]);
    expect(Object.keys(target.info.firstCall.firstArg)).to.deep.equal(["worker", "page"]);
  });

  it("formats a %c into the message", () => {
    const target = fake();
    Reflect.apply(new WorkerLogger(target, "x").info, undefined, ["a %c b", "color: red"]);
    expect(target.info.args).to.deep.equal([[{ worker: "x" }, "a color: red b"]]);
  });
});
