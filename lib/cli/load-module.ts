import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { BootstrapError, type Runner, runningRunners } from "../index.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { printable } from "./table.js";

/** What a module exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

export interface LoadedModule {
  readonly exports: ModuleExports;
  /** Whether the module has started a runner, which was stopped again. */
  readonly wasStarted: boolean;
}

export interface LoadOptions {
  /** The arguments of the module itself: it finds them in `process.argv`, as if it had been started by `node`. */
  readonly args?: readonly string[] | undefined;
  /** How long the module may take to load, in ms. */
  readonly limit?: number | undefined;
  /** Whether the module may end the process, as one that prints the help of its own arguments does. */
  readonly mayExit?: boolean | undefined;
}

/** How long a module may wait at its top level once it has started a runner, which it may never stop waiting for. */
const timeAfterStart = 1_000;

/** How long the workers of a module that starts them itself may take to stop. */
const timeToStop = 5_000;

const javascript = [".js", ".mjs", ".cjs"];
const typescript = [".ts", ".mts", ".cts", ".tsx"];

/**
 * Imports a module of the user: JavaScript as it is, TypeScript by the `tsx` of the project, else by its `jiti`. Changes
 * `process.argv` to what the module would see if `node` had started it. If the module ends the process, it says so, and the exit
 * code is that of a problem: a module that ends with 0 must not look as if it had been checked.
 * @throws CommandError if there is no such file, nothing compiles it, or it fails, waits for ever, or runs its workers itself
 */
export async function loadModule(
  path: string,
  { args = [], limit = 30_000, mayExit = false }: LoadOptions = {},
): Promise<LoadedModule> {
  const file = findFile(path);
  const load = typescript.includes(extname(file)) && !isRunFromSource() ? compilerFor(file, path) : importFile;
  process.argv.splice(1, Number.POSITIVE_INFINITY, file, ...args);
  const before = new Set(runningRunners());
  const startedRunners = (): readonly Runner[] => runningRunners().filter((runner) => !before.has(runner));
  const onExit = (code: number): void => {
    const message = `${printable(path)} has ended the process when it was imported, with the exit code ${code}: do that in another file`;
    process.exitCode = exitCodes.problems;
    process.stderr.write(`${message}\n`);
  };
  if (!mayExit) process.once("exit", onExit);
  try {
    const exports = await withLimit(load(file), path, limit, startedRunners);
    return { exports, wasStarted: await stopAll(startedRunners()) };
  } catch (error) {
    await stopAll(startedRunners());
    if (error instanceof CommandError || isBootstrapError(error)) throw error;
    throw new CommandError(exitCodes.problems, `${printable(path)} cannot be loaded: ${describe(error)}`, { cause: error });
  } finally {
    process.off("exit", onExit);
  }
}

/** Whether an error is a `BootstrapError`, of this or another copy of the library. */
export function isBootstrapError(error: unknown): error is Error & Pick<BootstrapError, "problems"> {
  if (error instanceof BootstrapError) return true;
  return error instanceof Error && error.name === "BootstrapError" && "problems" in error && Array.isArray(error.problems);
}

function findFile(path: string): string {
  const file = resolve(path);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true)
    throw new CommandError(exitCodes.usage, `${printable(path)} is a folder: name a module in it; there are ${modulesIn(file)}`);
  if (stats?.isFile() !== true) {
    const found = [...typescript, ...javascript].map((extension) => `${path}${extension}`).find((name) => existsSync(name));
    const near = found === undefined ? `there are ${modulesIn(dirname(file))}` : `did you mean ${found}?`;
    throw new CommandError(exitCodes.usage, `There is no module ${printable(path)}: ${near}`);
  }
  if (![...typescript, ...javascript].includes(extname(file))) {
    const known = [...typescript, ...javascript].join(", ");
    throw new CommandError(exitCodes.usage, `${printable(path)} is not a module: its name must end in one of ${known}`);
  }
  return file;
}

function modulesIn(folder: string): string {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const modules = files.filter((file) => [...typescript, ...javascript].includes(extname(file)) && !file.endsWith(".d.ts"));
  return modules.length === 0 ? "no modules in that folder" : printable(modules.slice(0, 10).join(", "));
}

// Compilers.

type Load = (file: string) => Promise<ModuleExports>;

const importFile: Load = (file) => import(pathToFileURL(file).href);

/** Whether this file itself is TypeScript: then whatever loads it loads the user's modules too. */
function isRunFromSource(): boolean {
  return import.meta.url.endsWith(".ts");
}

/** Prepares the compiler of the project that the file is in, or of the one that the command is run in. */
function compilerFor(file: string, path: string): Load {
  const requires = [file, join(process.cwd(), "package.json")].map((from) => createRequire(from));
  for (const require of requires) if (canResolve(require, "tsx/esm/api")) return loadWithTsx(require);
  for (const require of requires) if (canResolve(require, "jiti")) return loadWithJiti(require);
  throw new CommandError(
    exitCodes.usage,
    `${printable(path)} is TypeScript, which needs a compiler: install tsx in the project, with npm install --save-dev tsx`,
  );
}

function canResolve(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

interface TsxApi {
  register(options?: { tsconfig?: string }): unknown;
}

function loadWithTsx(require: NodeJS.Require): Load {
  return async (file) => {
    const forRequire: TsxApi = require("tsx/cjs/api");
    // What `require` finds is CommonJS, which does not find its own hooks (tsx 4.23).
    const entry = require.resolve("tsx/esm/api").replace(/\.cjs$/, ".mjs");
    const forImport: TsxApi = await import(pathToFileURL(entry).href);
    const tsconfig = nearest("tsconfig.json", dirname(file));
    forRequire.register();
    forImport.register(tsconfig === undefined || process.env.TSX_TSCONFIG_PATH !== undefined ? {} : { tsconfig });
    return importFile(file);
  };
}

interface JitiApi {
  createJiti(id: string, options: object): { import(id: string): Promise<ModuleExports> };
}

function loadWithJiti(require: NodeJS.Require): Load {
  const api: JitiApi = require("jiti");
  return (file) => api.createJiti(pathToFileURL(file).href, { interopDefault: false }).import(file);
}

function nearest(name: string, folder: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? undefined : nearest(name, dirname(folder));
}

// Modules that do more than to declare.

/** Rejects if a module does not finish loading: because it waits for its runner, or for anything else. */
async function withLimit<Value>(
  loading: Promise<Value>,
  path: string,
  limit: number,
  startedRunners: () => readonly Runner[],
): Promise<Value> {
  const start = Date.now();
  let startedAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const problem = new Promise<never>((_, reject) => {
    // Not `unref`: without it, Node would exit without a word if nothing else is left to wait for.
    timer = setInterval(() => {
      if (startedRunners().length > 0) startedAt ??= Date.now();
      if (startedAt !== undefined && Date.now() - startedAt > timeAfterStart) reject(runsItself(path));
      else if (Date.now() - start > limit) {
        const seconds = Math.round(limit / 1_000);
        reject(
          new CommandError(
            exitCodes.problems,
            `${printable(path)} cannot be loaded: it still waits at its top level after ${seconds}s`,
          ),
        );
      }
    }, 50);
  });
  try {
    return await Promise.race([loading, problem]);
  } finally {
    clearInterval(timer);
  }
}

export function runsItself(path: string): CommandError {
  return new CommandError(
    exitCodes.usage,
    `${printable(path)} runs its workers when it is imported: export the runner as default, and call run() in another file`,
  );
}

/** Stops runners, but waits only so long. Returns whether there were any. */
async function stopAll(runners: readonly Runner[]): Promise<boolean> {
  if (runners.length === 0) return false;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeToStop);
  });
  await Promise.race([Promise.allSettled(runners.map((runner) => runner.stop())), deadline]);
  clearTimeout(timer);
  return true;
}

// Errors.

/** The error in full, without the frames of Node, of the compiler and of this command. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const own = dirname(fileURLToPath(import.meta.url));
  const lines = stripVTControlCharacters(error.stack ?? `${error.name}: ${error.message}`).split("\n");
  const isFrame = (line: string): boolean => /^\s+at /.test(line);
  const isForeign = (line: string): boolean =>
    ["node:", "/node_modules/", own].some((part) => line.includes(part)) || !/[/\\]/.test(line);
  const kept = lines.filter((line) => !isFrame(line) || !isForeign(line));
  return kept
    .map((line) => line.replaceAll(/\p{Cc}/gu, (character) => (character === "\t" ? "  " : printable(character))))
    .join("\n");
}
