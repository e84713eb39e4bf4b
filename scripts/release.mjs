/**
 * Releases the package: checks everything that can be checked, then changes the version and the changelog, commits, tags and
 * publishes. With --dry-run it checks, says what it would do, and changes nothing.
 *
 *     npm run release -- [patch|minor|major|VERSION] [--dry-run]
 *
 * Without a version it releases that of package.json, which must not have a tag yet.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = readArguments();
// In `npm run release --dry-run`, without the `--`, npm takes the option for its own.
const isDryRun = values["dry-run"] === true || process.env.npm_config_dry_run === "true";
// The tarball is packed and checked in a dry run too.
delete process.env.npm_config_dry_run;
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const problems = [];

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: { "dry-run": { type: "boolean" } } });
  } catch (error) {
    console.error(`${error.message}\nusage: npm run release -- [patch|minor|major|VERSION] [--dry-run]`);
    process.exit(1);
  }
}

/** What may be bundled: licences that ask for no more than to be in the tarball. */
const permissive = ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD"];

const version = checkVersion(positionals);
const changelog = checkChangelog(version);
checkWorkTree();
checkTarball();
checkLicences();
checkProvenance();

if (problems.length > 0) {
  console.error(`Nothing was released, because of:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
  process.exitCode = 1;
} else if (isDryRun) {
  console.log(`would commit "Release ${version}", tag v${version}, and run npm publish`);
} else {
  release();
}

// Version.

function checkVersion([wanted, ...others]) {
  const { version: current } = manifest;
  const isReleased = run("git", "tag", "--list", `v${current}`) !== "";
  const next = nextVersion(current, wanted);
  if (others.length > 0) problems.push(`there are two versions, ${wanted} and ${others[0]}: pass one`);
  else if (next === undefined) problems.push(`${wanted} is not a version: pass patch, minor, major, or one such as 1.2.3`);
  else if (next === current && isReleased)
    problems.push(`${current} was released, as the tag v${current} says: pass patch, minor, major or a version`);
  else if (compare(next, current) < 0) problems.push(`${next} is lower than ${current}, which package.json has`);
  else if (next !== current && run("git", "tag", "--list", `v${next}`) !== "")
    problems.push(`${next} was released, as the tag v${next} says`);
  else console.log(`version: ${next === current ? `${current}, which has no tag yet` : `${current} → ${next}`}`);
  return next ?? current;
}

/** Undefined if what is wanted is not a version. */
function nextVersion(current, wanted = current) {
  const [major, minor, patch] = current.split(".").map(Number);
  if (wanted === "major") return `${major + 1}.0.0`;
  if (wanted === "minor") return `${major}.${minor + 1}.0`;
  if (wanted === "patch") return `${major}.${minor}.${patch + 1}`;
  return /^\d+\.\d+\.\d+$/.test(wanted) ? wanted : undefined;
}

function compare(a, b) {
  const [ofA, ofB] = [a, b].map((each) => each.split(".").map(Number));
  return ofA.map((part, index) => part - ofB[index]).find((difference) => difference !== 0) ?? 0;
}

// Changelog.

/** Returns the changelog with a section for the version in place of "Unreleased", above which a new one is begun. */
function checkChangelog(next) {
  const text = readFileSync("CHANGELOG.md", "utf8");
  const section = text.split(/^(?=## )/m).find((part) => part.startsWith("## Unreleased\n"));
  const entries = section?.match(/^- /gm)?.length ?? 0;
  const heading = `## ${next} - ${new Date().toISOString().slice(0, 10)}`;
  if (section === undefined) problems.push("CHANGELOG.md has no section ## Unreleased");
  else if (entries === 0) problems.push("CHANGELOG.md has no entry under ## Unreleased");
  else if (text.includes(`\n## ${next} `)) problems.push(`CHANGELOG.md has a section for ${next} already`);
  else console.log(`changelog: ${entries} entries under "${heading}"`);
  return text.replace("## Unreleased\n", `## Unreleased\n\n${heading}\n`);
}

// What is released.

function checkWorkTree() {
  const changed = run("git", "status", "--porcelain");
  if (changed === "") console.log("work tree: clean");
  else problems.push(`the work tree has changes that are not committed:\n${changed.replaceAll(/^/gm, "      ")}`);
}

function checkTarball() {
  const folder = mkdtempSync(join(tmpdir(), "watchbill-release-"));
  try {
    execFileSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "ignore", "inherit"] });
    const [report] = JSON.parse(run("npm", "pack", "--json", "--ignore-scripts", "--pack-destination", folder));
    execFileSync(".ci/check-tarball", [join(folder, report.filename)], { stdio: ["ignore", "ignore", "pipe"] });
    console.log(`tarball: ${report.entryCount} files, ${kilobytes(report.size)}, unpacked ${kilobytes(report.unpackedSize)}`);
    for (const [place, { count, size }] of contentsOf(report.files))
      console.log(`  ${place}: ${count === 1 ? kilobytes(size) : `${count} files, ${kilobytes(size)}`}`);
  } catch (error) {
    problems.push(`the tarball: ${(error.stderr ?? "").toString().trim() || error.message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How much is in each folder, down to those of the build, and in each file that is in none. */
function contentsOf(files) {
  const places = new Map();
  for (const { path, size } of files) {
    const folders = path.split("/").slice(0, -1);
    const place = folders.length === 0 ? path : `${folders.slice(0, 2).join("/")}/`;
    const { count, size: before } = places.get(place) ?? { count: 0, size: 0 };
    places.set(place, { count: count + 1, size: before + size });
  }
  return [...places].sort(([a], [b]) => (a < b ? -1 : 1));
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1_000)} kB`;
}

/** Of all that the build has bundled, and has written the licence of. */
function checkLicences() {
  const files = readdirSync("dist", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith("licences.txt"));
  const texts = files.map((file) => readFileSync(join("dist", file), "utf8"));
  const bundled = texts.flatMap((text) => [...text.matchAll(/^(?:.* contains )?(\S+ \d+\.\d+\.\S+) \(([^)]+)\)$/gm)]);
  for (const [, name, licence] of bundled)
    if (!permissive.includes(licence))
      problems.push(`${name} is bundled, and its licence is ${licence}: use one of ${permissive.join(", ")}`);
  console.log(`licences of what is bundled: ${bundled.map(([, name, licence]) => `${name} (${licence})`).join(", ") || "none"}`);
}

/** npm signs where a tarball was built only if it knows the repository, and in a CI that it trusts. */
function checkProvenance() {
  if (manifest.publishConfig?.provenance !== true || manifest.repository !== undefined) return;
  const problem = "package.json has publishConfig.provenance, for which npm needs its field repository";
  if (isDryRun) console.log(`before it is published: ${problem}`);
  else problems.push(problem);
}

function release() {
  writeFileSync("CHANGELOG.md", changelog);
  run("npm", "version", version, "--no-git-tag-version", "--allow-same-version");
  run("git", "commit", "--all", "--message", `Release ${version}`);
  run("git", "tag", "--annotate", `v${version}`, "--message", `Release ${version}`);
  execFileSync("npm", ["publish"], { stdio: "inherit" });
  console.log(`released ${version}: push the commit and its tag`);
}

function run(command, ...args) {
  return execFileSync(command, args, { encoding: "utf8" }).trimEnd();
}
