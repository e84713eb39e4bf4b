import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConsoleLogger } from "@nestjs/common";
import bunyan from "bunyan";
import { expect } from "chai";
import { type ConsolaOptions, createConsola, type LogObject } from "consola";
import { pino } from "pino";
import sinon from "sinon";
import type { Logger } from "watchbill";
import winston from "winston";
import { isLogger } from "../../lib/runtime/logger.js";
import { WorkerLogger } from "../../lib/runtime/worker-logger.js";

/** The adapters in docs/logging.md, by the names of their functions. */
async function adapterOfTheDocs(name: string): Promise<(target: unknown) => Logger> {
  const folder = fileURLToPath(new URL("../../node_modules/.cache/logging/", import.meta.url));
  const blocks = [...readFileSync("docs/logging.md", "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  const code =
    blocks.find((block) => block.includes(`export function ${name}(`)) ?? expect.fail(`docs/logging.md has no ${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}package.json`, '{ "type": "module" }');
  writeFileSync(`${folder}${name}.ts`, code);
  const adapters: Record<string, (target: unknown) => Logger> = await import(pathToFileURL(`${folder}${name}.ts`).href);
  rmSync(`${folder}${name}.ts`);
  return adapters[name] ?? expect.fail();
}

function collecting(): { stream: Writable; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}

const err = new Error("HTTP 503", { cause: new TypeError("connection reset") });
const frame = "logger-adapters.spec.ts";

describe("The message, the worker and the stack arrive", () => {
  it("in pino, without an adapter", () => {
    const { stream, text } = collecting();
    const logger: Logger = pino(stream);
    expect(isLogger(logger)).to.equal(true);
    new WorkerLogger(logger, "github/commits").error({ attempt: 1, err }, "failed (attempt 1)");
    const entry = JSON.parse(text());
    expect(entry).to.include({ worker: "github/commits", attempt: 1, msg: "failed (attempt 1)" });
    expect(entry.err.stack).to.include(frame).and.include("TypeError: connection reset");
  });

  it("on the console, without an adapter, and without a placeholder for a missing message", () => {
    const logger: Logger = console;
    expect(isLogger(logger)).to.equal(true);
    const write = sinon.stub(console, "warn");
    try {
      new WorkerLogger(logger, "x").warn({ err }, "failed");
      new WorkerLogger(logger, "x").warn({ page: 2 });
    } finally {
      write.restore();
    }
    expect(write.args).to.deep.equal([[{ worker: "x", err }, "failed"], [{ worker: "x", page: 2 }]]);
  });

  it("in winston, with the documented adapter", async () => {
    const fromWinston = await adapterOfTheDocs("fromWinston");
    const { stream, text } = collecting();
    const target = winston.createLogger({
      format: winston.format.json(),
      transports: [new winston.transports.Stream({ stream })],
    });
    new WorkerLogger(fromWinston(target), "github/commits").warn({ attempt: 1, err }, "failed (attempt 1)");
    new WorkerLogger(fromWinston(target), "github/commits").info("done");
    const [failed, done] = text()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(failed).to.include({
      level: "warn",
      worker: "github/commits",
      attempt: 1,
      message: "failed (attempt 1)",
      error: "Error: HTTP 503",
    });
    expect(failed.stack).to.include(frame).and.include("caused by: TypeError: connection reset");
    expect(done).to.deep.equal({ level: "info", worker: "github/commits", message: "done" });
  });

  it("in consola, with the documented adapter", async () => {
    const fromConsola = await adapterOfTheDocs("fromConsola");
    const entries: LogObject[] = [];
    const reporters: ConsolaOptions["reporters"] = [{ log: (entry) => entries.push(entry) }];
    const target = createConsola({ reporters, level: 5 });
    new WorkerLogger(fromConsola(target), "github/commits").error({ attempt: 1, err }, "failed (attempt 1)");
    expect(entries.map(({ type, args }) => [type, args])).to.deep.equal([
      ["error", ["github/commits: failed (attempt 1)", { attempt: 1 }, err]],
    ]);
  });

  it("in bunyan, with its serializers", () => {
    const { stream, text } = collecting();
    const logger: Logger = bunyan.createLogger({ name: "app", stream, serializers: bunyan.stdSerializers });
    expect(isLogger(logger)).to.equal(true);
    expect(isLogger(bunyan.createLogger({ name: "app", stream }))).to.equal(false);
    new WorkerLogger(logger, "github/commits").error({ attempt: 1, err }, "failed (attempt 1)");
    const entry = JSON.parse(text());
    expect(entry).to.include({ worker: "github/commits", attempt: 1, msg: "failed (attempt 1)" });
    // Its serializer leaves out the causes, as docs/logging.md says.
    expect(entry.err.stack).to.include(frame).and.not.include("TypeError: connection reset");
  });

  it("in the ConsoleLogger of Nest, with the documented adapter", async () => {
    const fromNest = await adapterOfTheDocs("fromNest");
    const out = sinon.stub(process.stdout, "write").returns(true);
    const errors = sinon.stub(process.stderr, "write").returns(true);
    let written = "";
    try {
      const logger = new WorkerLogger(fromNest(new ConsoleLogger({ colors: false })), "github/commits");
      logger.info({ page: 2 }, "fetched");
      logger.error({ err }, "gave up");
    } finally {
      written = [...out.args, ...errors.args].map(([text]) => String(text)).join("");
      out.restore();
      errors.restore();
    }
    expect(written).to.match(/LOG \[github\/commits\] fetched \{ page: 2 \}/);
    expect(written).to.match(
      /ERROR \[github\/commits\] gave up\nError: HTTP 503\n {4}at .*\ncaused by: TypeError: connection reset/s,
    );
  });

  it("in any logger with the methods of Nest's, with the documented adapter", async () => {
    const fromNest = await adapterOfTheDocs("fromNest");
    const nest = { debug: sinon.spy(), log: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    const logger = new WorkerLogger(fromNest(nest), "github/commits");
    logger.info({ page: 2 }, "fetched");
    logger.warn({ err }, "failed");
    logger.error({ err }, "gave up");
    expect(nest.log.args).to.deep.equal([["fetched { page: 2 }", "github/commits"]]);
    expect(nest.warn.args[0]?.[0]).to.match(/^failed\nError: HTTP 503\n {4}at .*\ncaused by: TypeError: connection reset/s);
    expect(nest.warn.args[0]?.[1]).to.equal("github/commits");
    expect(nest.error.args[0]?.[0]).to.equal("gave up");
    expect(nest.error.args[0]?.[1]).to.include(frame).and.include("caused by: TypeError: connection reset");
    expect(nest.error.args[0]?.[2]).to.equal("github/commits");
  });
});
