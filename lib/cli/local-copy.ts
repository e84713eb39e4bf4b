import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the package that this command is part of. */
export function ownRoot(): string {
  return realpathSync(fileURLToPath(new URL("../..", import.meta.url)));
}

/** The version of that package. */
export function ownVersion(): string {
  return versionIn(ownRoot());
}

/**
 * The command of the copy of watchbill that the project uses, if this is another copy, such as one that is installed globally.
 * Two copies in one process would not know each other's runners, so that the command of the project takes over.
 * @param args of the command line: the project is that of the first one that is a file, else that of the current folder
 * @returns undefined if this copy is the one to use, or the other has no such command
 */
export function commandOfProject(args: readonly string[]): string | undefined {
  const module = args.find((arg) => !arg.startsWith("-") && statSync(arg, { throwIfNoEntry: false })?.isFile() === true);
  const root = rootOfProject(module === undefined ? join(process.cwd(), "package.json") : resolve(module));
  if (root === undefined || root === ownRoot()) return undefined;
  const command = join(root, "dist/cli/cli.js");
  return existsSync(command) ? command : undefined;
}

function rootOfProject(file: string): string | undefined {
  try {
    return realpathSync(dirname(createRequire(file).resolve("watchbill/package.json")));
  } catch {
    return undefined;
  }
}

function versionIn(root: string): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return typeof version === "string" ? version : "";
}
