import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";

const script = resolve("scripts/release.mjs");
const changelog = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A decorator.\n- Another.\n\n## 0.0.9 - 2026-01-01\n\n- Old.\n";

/** A repository with a package that is ready to be released. */
class Repository {
  readonly folder = mkdtempSync(join(tmpdir(), "watchbill-release-spec-"));

  constructor() {
    const manifest = { name: "demo", version: "0.1.0", files: ["dist"], scripts: { build: "true" } };
    this.write("package.json", JSON.stringify(manifest));
    this.write("CHANGELOG.md", changelog);
    this.write("dist/index.js", "export {};\n");
    this.write(
      "dist/licences.txt",
      "This contains these packages.\n\npreact 11.2.0 (MIT)\n\nThe server contains srvx 1.0.8 (ISC)\n",
    );
    this.write(".ci/check-tarball", "#!/bin/sh\ntar -tzf $1 | grep -q dist/index.js\n");
    chmodSync(join(this.folder, ".ci/check-tarball"), 0o755);
    this.git("init", "--quiet", "--initial-branch=main");
    this.commit();
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.folder, path, ".."), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  git(...args: string[]): string {
    const identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    return spawnSync("git", [...identity, ...args], { cwd: this.folder, encoding: "utf8" }).stdout;
  }

  commit(): void {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "A change");
  }

  /** @param args of the script; an object has variables of its environment */
  release(...args: (string | Record<string, string>)[]): SpawnSyncReturns<string> {
    const options = args.filter((arg) => typeof arg === "string");
    const env = Object.assign({ ...process.env }, ...args.filter((arg) => typeof arg === "object"));
    return spawnSync("node", [script, ...options], { cwd: this.folder, encoding: "utf8", env });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

describe("npm run release", () => {
  let repository: Repository;

  beforeEach(() => {
    repository = new Repository();
  });

  afterEach(() => {
    repository.remove();
  });

  it("says in a dry run what it would do, and changes nothing", () => {
    const { stdout, stderr, status } = repository.release("minor", "--dry-run");
    expect(stderr).to.equal("");
    expect(status).to.equal(0);
    const today = new Date().toISOString().slice(0, 10);
    expect(stdout.replaceAll(/\d+ kB/g, "… kB").split("\n")).to.deep.equal([
      "version: 0.1.0 → 0.2.0",
      `changelog: 2 entries under "## 0.2.0 - ${today}"`,
      "work tree: clean",
      "tarball: 3 files, … kB, unpacked … kB",
      "  dist/: 2 files, … kB",
      "  package.json: … kB",
      "licences of what is bundled: preact 11.2.0 (MIT), srvx 1.0.8 (ISC)",
      'would commit "Release 0.2.0", tag v0.2.0, and run npm publish',
      "",
    ]);
    expect(repository.read("CHANGELOG.md")).to.equal(changelog);
    expect(repository.git("status", "--porcelain")).to.equal("");
    expect(repository.git("tag", "--list")).to.equal("");
  });

  it("makes a dry run too if npm takes the option for its own, as in npm run release --dry-run", () => {
    const { stdout, status } = repository.release("minor", { npm_config_dry_run: "true" });
    expect(status).to.equal(0);
    expect(stdout).to.include("tarball: 3 files").and.to.include('would commit "Release 0.2.0"');
    expect(repository.git("tag", "--list")).to.equal("");
  });

  it("releases the version of package.json if that has no tag", () => {
    expect(repository.release("--dry-run").stdout).to.include("version: 0.1.0, which has no tag yet\n");
    repository.git("tag", "v0.1.0");
    const { stderr, status } = repository.release("--dry-run");
    expect(status).to.equal(1);
    expect(stderr).to.equal(
      "Nothing was released, because of:\n  - 0.1.0 was released, as the tag v0.1.0 says: pass patch, minor, major or a version\n",
    );
  });

  it("reports every problem at once", () => {
    repository.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 0.0.9 - 2026-01-01\n\n- Old.\n");
    repository.write("dist/licences.txt", "left-pad 1.0.0 (GPL-3.0)\n");
    repository.write(".ci/check-tarball", "#!/bin/sh\necho 'the tarball lacks index.js' >&2\nexit 1\n");
    const { stderr, status } = repository.release("0.0.8");
    expect(status).to.equal(1);
    expect(stderr.split("\n")).to.deep.equal([
      "Nothing was released, because of:",
      "  - 0.0.8 is lower than 0.1.0, which package.json has",
      "  - CHANGELOG.md has no entry under ## Unreleased",
      "  - the work tree has changes that are not committed:",
      "       M .ci/check-tarball",
      "       M CHANGELOG.md",
      "       M dist/licences.txt",
      "  - the tarball: the tarball lacks index.js",
      "  - left-pad 1.0.0 is bundled, and its licence is GPL-3.0: use one of MIT, ISC, BSD-2-Clause, BSD-3-Clause, Apache-2.0, 0BSD",
      "",
    ]);
    expect(repository.git("log", "--oneline").split("\n")).to.have.length(2);
  });

  it("refuses what is not a version, or is none of its own", () => {
    const problemOf = (...args: string[]): string | undefined => repository.release(...args, "--dry-run").stderr.split("\n")[1];
    expect(problemOf("next")).to.equal("  - next is not a version: pass patch, minor, major, or one such as 1.2.3");
    expect(problemOf("0.1.1", "0.1.2")).to.equal("  - there are two versions, 0.1.1 and 0.1.2: pass one");
    repository.git("tag", "v0.1.1");
    expect(problemOf("patch")).to.equal("  - 0.1.1 was released, as the tag v0.1.1 says");
  });

  it("does not publish with provenance while package.json names no repository", () => {
    const manifest = JSON.parse(repository.read("package.json"));
    repository.write("package.json", JSON.stringify({ ...manifest, publishConfig: { provenance: true } }));
    repository.commit();
    const dryRun = repository.release("--dry-run");
    expect(dryRun.status).to.equal(0);
    expect(dryRun.stdout).to.include("before it is published: package.json has publishConfig.provenance");
    const { stderr, status } = repository.release();
    expect(status).to.equal(1);
    expect(stderr).to.include("  - package.json has publishConfig.provenance, for which npm needs its field repository");
  });
});
