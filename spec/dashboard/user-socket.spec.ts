import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { InvalidArgumentError } from "watchbill";
import { userSocket, userSocketFolder } from "watchbill/dashboard";

describe("userSocket", () => {
  const { XDG_RUNTIME_DIR, TMPDIR } = process.env;
  const uid = process.getuid?.() ?? 0;
  let folder: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "wb-")));
    process.env.XDG_RUNTIME_DIR = folder;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    restore("XDG_RUNTIME_DIR", XDG_RUNTIME_DIR);
    restore("TMPDIR", TMPDIR);
  });

  function restore(name: string, value: string | undefined): void {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }

  it("is in XDG_RUNTIME_DIR, in a folder that only this user may enter", () => {
    expect(userSocketFolder()).to.equal(undefined);
    expect(userSocket()).to.equal(join(folder, "watchbill", `${process.pid}.sock`));
    expect(userSocketFolder()).to.equal(join(folder, "watchbill"));
    expect(statSync(join(folder, "watchbill")).mode & 0o777).to.equal(0o700);
    expect(userSocket()).to.equal(userSocket());
  });

  it("is in the folder for temporary files without an XDG_RUNTIME_DIR, or with one that does not exist", () => {
    process.env.TMPDIR = folder;
    for (const runtime of ["", join(folder, "missing")]) {
      process.env.XDG_RUNTIME_DIR = runtime;
      expect(userSocket()).to.equal(join(folder, `watchbill-${uid}`, `${process.pid}.sock`));
    }
  });

  it("is in the folder for temporary files if XDG_RUNTIME_DIR belongs to another user", function () {
    if (uid !== 0) this.skip();
    process.env.TMPDIR = folder;
    process.env.XDG_RUNTIME_DIR = join(folder, "theirs");
    mkdirSync(join(folder, "theirs"));
    chownSync(join(folder, "theirs"), 12_345, 12_345);
    expect(userSocket()).to.equal(join(folder, "watchbill-0", `${process.pid}.sock`));
    expect(existsSync(join(folder, "theirs/watchbill"))).to.equal(false);
  });

  it("refuses a folder that is not this user's alone", () => {
    const path = join(folder, "watchbill");
    mkdirSync(path);
    chmodSync(path, 0o701);
    expectRefused(`The folder ${path} is open to other users, so its sockets are not safe: chmod 700 it`);
    if (uid === 0) {
      chmodSync(path, 0o700);
      chownSync(path, 12_345, 12_345);
      expectRefused(`The folder ${path} belongs to the user 12345, so its sockets are not safe: remove it`);
    }
    rmSync(path, { recursive: true });
    writeFileSync(path, "");
    expectRefused(`${path} is not a folder, so no socket can be in it: remove it`);
  });

  it("refuses a path that is too long for a socket", () => {
    const long = join(folder, "x".repeat(90));
    mkdirSync(long);
    process.env.XDG_RUNTIME_DIR = long;
    expect(userSocket).to.throw(InvalidArgumentError, "is too long for the path of a Unix socket: set XDG_RUNTIME_DIR or TMPDIR");
  });

  function expectRefused(message: string): void {
    expect(userSocket).to.throw(InvalidArgumentError, message);
    expect(userSocketFolder).to.throw(InvalidArgumentError, message);
  }
});
