import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Client } from "pg";
import { startPostgres } from "../../samples/fleet/postgres-server.js";
import { postgres } from "./postgres-server.fixture.js";

/** All files and folders in a folder, recursively, without following links. */
function allIn(folder: string): string[] {
  const paths = readdirSync(folder).map((name) => join(folder, name));
  return paths.flatMap((path) => (lstatSync(path).isDirectory() ? [path, ...allIn(path)] : [path]));
}

describe("startPostgres", function () {
  this.timeout(40_000);
  const { TMPDIR } = process.env;
  let folder: string;

  before(async function () {
    await postgres.requireFor(this);
  });
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "watchbill-spec-")));
    chmodSync(folder, 0o755);
    process.env.TMPDIR = folder;
  });
  afterEach(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true, force: true });
  });

  async function answerOf(connectionString: string): Promise<unknown> {
    const client = new Client({ connectionString });
    await client.connect();
    try {
      return (await client.query("SELECT 6 * 7 AS answer")).rows[0]?.answer;
    } finally {
      await client.end();
    }
  }

  it("answers, again after a restart, and leaves nothing behind when it is stopped", async () => {
    const server = await startPostgres();
    try {
      expect(await answerOf(server.url)).to.equal(42);
      await server.restart();
      expect(await answerOf(server.url)).to.equal(42);
    } finally {
      await server.stop();
    }
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("runs from a copy that does not depend on the project, and keeps no password in a file", async () => {
    const server = await startPostgres();
    try {
      const paths = allIn(folder);
      const links = paths.filter((path) => lstatSync(path).isSymbolicLink());
      expect(links).to.not.be.empty;
      expect(links.filter((link) => !realpathSync(link).startsWith(`${folder}/`))).to.deep.equal([]);
      expect(paths.filter((path) => path.endsWith("/password"))).to.deep.equal([]);
    } finally {
      await server.stop();
    }
  });

  it("does not let other users write to its programs or read its data", async () => {
    const server = await startPostgres();
    try {
      const [home = ""] = readdirSync(folder).map((name) => join(folder, name));
      const programs = [home, join(home, "programs"), ...allIn(join(home, "programs"))];
      const own = programs.filter((path) => !lstatSync(path).isSymbolicLink());
      expect(own.filter((path) => statSync(path).uid !== process.getuid?.())).to.deep.equal([]);
      expect(own.filter((path) => (statSync(path).mode & 0o022) !== 0)).to.deep.equal([]);
      expect(statSync(join(home, "data")).mode & 0o077).to.equal(0);
    } finally {
      await server.stop();
    }
  });

  it("ignores a copy of an earlier version with dangling links", async () => {
    for (const name of ["watchbill-postgres-18.4.0-beta.17-0", `watchbill-postgres-18.4.0-beta.17-${process.getuid?.()}`]) {
      mkdirSync(join(folder, name, "lib"), { recursive: true });
      rmSync(join(folder, name, "lib/libicuuc.so.60"), { force: true });
      symlinkSync("/nowhere/libicuuc.so.60.2", join(folder, name, "lib/libicuuc.so.60"));
    }
    const server = await startPostgres();
    await server.stop();
  });

  it("uses /tmp if only root can enter the temporary folder", async function () {
    if (process.getuid?.() !== 0) this.skip();
    chmodSync(folder, 0o700);
    const server = await startPostgres();
    await server.stop();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  const stages = [
    ["the programs are copied", "programs"],
    ["initdb runs", "data/PG_VERSION"],
    ["the server starts", "data/postmaster.pid"],
  ] as const;
  for (const [stage, path] of stages) {
    it(`rejects with the signal's reason if the signal aborts while ${stage}, and leaves nothing behind`, async () => {
      const controller = new AbortController();
      const reason = new Error("enough");
      let thrown: unknown;
      const started = startPostgres({ signal: controller.signal }).catch((error: unknown) => (thrown = error));
      const isThere = (name: string): boolean => lstatSync(join(folder, name, path), { throwIfNoEntry: false }) !== undefined;
      while (!readdirSync(folder).some(isThere)) await new Promise((resolve) => setTimeout(resolve, 2));
      controller.abort(reason);
      await started;
      expect(thrown).to.equal(reason);
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  }

  it("rejects at once if the signal has aborted", async () => {
    const reason = new Error("enough");
    let thrown: unknown;
    await startPostgres({ signal: AbortSignal.abort(reason) }).catch((error: unknown) => (thrown = error));
    expect(thrown).to.equal(reason);
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
