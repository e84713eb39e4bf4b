import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { startRedis } from "./redis-server.fixture.js";

describe("startRedis", () => {
  const { PATH = "", TMPDIR, REDIS_URL } = process.env;
  let folder: string;
  let temporary: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "watchbill-spec-"));
    temporary = join(folder, "tmp");
    mkdirSync(temporary);
    Object.assign(process.env, { TMPDIR: temporary });
    delete process.env.REDIS_URL;
  });
  afterEach(() => {
    for (const [name, value] of Object.entries({ PATH, TMPDIR, REDIS_URL })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function messageOf(promise: Promise<unknown>): Promise<string> {
    return promise.then(
      () => "it has started",
      (error: unknown) => (error instanceof Error ? error.message : ""),
    );
  }

  it("rejects if there is no redis-server on the PATH", async () => {
    process.env.PATH = folder;
    expect(await messageOf(startRedis())).to.equal("there is no redis-server on the PATH, and no REDIS_URL");
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  it("rejects with what redis-server writes if it exits, and leaves nothing behind", async () => {
    const program = join(folder, "redis-server");
    writeFileSync(program, '#!/bin/sh\n[ "$1" = --version ] || { echo "out of luck" >&2; exit 3; }\n');
    chmodSync(program, 0o755);
    process.env.PATH = `${folder}${delimiter}${PATH}`;
    expect(await messageOf(startRedis())).to.equal("redis-server ended with 3: out of luck");
    expect(readdirSync(temporary)).to.deep.equal([]);
  });
});
