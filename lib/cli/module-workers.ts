import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import {
  BootstrapError,
  bootstrap,
  type DeclarativeWorker,
  hasWorkers,
  Runner,
  type Selection,
  UnknownWorkerError,
} from "../index.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { type LoadOptions, loadModule, type ModuleExports, runsItself } from "./load-module.js";
import { ownRoot } from "./local-copy.js";
import { printable } from "./table.js";

/** What a module declares, as a runner that has not been started. */
export interface LoadedWorkers {
  readonly runner: Runner;
  /** The sources that the module exports; undefined if it exports the runner itself. */
  readonly sources: readonly object[] | undefined;
  /** Whether the module has started workers, which were stopped again. */
  readonly wasStarted: boolean;
}

/**
 * Loads a module, and reads its workers by convention: a default export that is a runner, else the export `sources` or a default
 * export that is an array, else all exported classes with workers.
 * @throws CommandError if the module cannot be loaded, or has nothing to run
 * @throws BootstrapError with every problem of what it declares
 */
export async function loadWorkers(path: string, options: Selection & LoadOptions = {}): Promise<LoadedWorkers> {
  const { exports, wasStarted } = await loadModule(path, options);
  const defaults = defaultExport(exports);
  if (isRunner(defaults)) {
    if (!(defaults instanceof Runner)) throw twoCopies(path);
    await select(defaults, options);
    return { runner: defaults, sources: undefined, wasStarted };
  }
  const sources = sourcesOf(exports, defaults);
  if (sources === undefined) throw wasStarted ? runsItself(path) : nothingToRun(path, exports);
  const runner = bootstrap(sources);
  await select(runner, options);
  return { runner, sources, wasStarted };
}

/** The default export; of a CommonJS module that was compiled from ESM, the default within that. */
function defaultExport(exports: ModuleExports): unknown {
  const found = exports.default;
  const isCompiled = typeof found === "object" && found !== null && "__esModule" in found && "default" in found;
  return isCompiled ? found.default : found;
}

function sourcesOf(exports: ModuleExports, defaults: unknown): readonly object[] | undefined {
  const inDefault = typeof defaults === "object" && defaults !== null ? Object.entries(defaults) : [];
  const named = new Map<string, unknown>([...inDefault, ...Object.entries(exports)]);
  const sources = named.get("sources");
  if (Array.isArray(sources)) return sources;
  if (Array.isArray(defaults)) return defaults;
  const classes = [defaults, ...named.values()].filter(
    (value): value is object => typeof value === "function" && hasWorkers(value),
  );
  return classes.length === 0 ? undefined : [...new Set(classes)];
}

/** Whether it is a runner, of this or another copy of the library. */
function isRunner(value: unknown): boolean {
  if (value instanceof Runner) return true;
  const methods = ["run", "stop", "status", "trigger"];
  return typeof value === "object" && value !== null && methods.every((name) => typeof Reflect.get(value, name) === "function");
}

function twoCopies(path: string): CommandError {
  let theirs = "an unknown folder";
  try {
    theirs = dirname(createRequire(resolve(path)).resolve("watchbill/package.json"));
  } catch {
    // The module has it from a package of its own, or from a bundle.
  }
  return new CommandError(
    exitCodes.usage,
    `Two copies of watchbill are installed: ${path} uses that of ${theirs}, this command is of ${ownRoot()}; install one version only`,
  );
}

function nothingToRun(path: string, exports: ModuleExports): CommandError {
  const runner = Object.entries(exports).find(([, value]) => isRunner(value))?.[0];
  const example = runner === undefined ? "" : ` (export default ${runner})`;
  return new CommandError(
    exitCodes.usage,
    `${printable(path)} has no workers: export a runner as default${example}, an array named sources, or classes with workers`,
  );
}

/** Removes the workers that are not selected. */
async function select(runner: Runner, { only, except }: Selection): Promise<void> {
  if (only === undefined && except === undefined) return;
  const names = runner.status().map(({ name }) => name);
  for (const pattern of [only, except].flatMap((patterns) => patterns ?? []))
    if (!pattern.includes("*") && !names.includes(pattern)) throw new UnknownWorkerError(pattern, names);
  const selected = new Set(selectedNames(runner, { only, except }));
  for (const name of names) if (!selected.has(name)) await runner.remove(name);
}

function selectedNames(runner: Runner, selection: Selection): string[] {
  try {
    return new Runner(runner.workers, selection).status().map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    throw new CommandError(exitCodes.usage, error.problems.join("\n"));
  }
}

/** A worker of a module. */
export interface NamedWorker {
  /** As in events and on the dashboard: with the name of a runner within the runner in front. */
  readonly name: string;
  readonly worker: DeclarativeWorker;
  /** How it is repeated, in words; null for a continuous worker. */
  readonly schedule: string | null;
  /** The runner that controls it, and its name there. */
  readonly runner: Runner;
  readonly innerName: string;
}

/** The workers of a runner, each followed by those of the runner that it is, if it is one. */
export function allWorkers(runner: Runner, prefix = ""): NamedWorker[] {
  // The rows are in the order of the workers, and have a name also for one without a name of its own.
  const rows = runner.status();
  return runner.workers.flatMap((worker, index) => {
    const { name: innerName = "", schedule = null } = rows[index] ?? {};
    const name = nestedName(prefix, innerName);
    const inner = worker.worker instanceof Runner ? allWorkers(worker.worker, name) : [];
    return [{ name, worker, schedule, runner, innerName }, ...inner];
  });
}

/** As the dashboard names them: the parts with which one name ends and the other begins appear once. */
function nestedName(runner: string, worker: string): string {
  if (runner === "") return worker;
  const parts = runner.split("/");
  for (const start of parts.keys()) {
    const shared = parts.slice(start).join("/");
    if (worker === shared || worker.startsWith(`${shared}/`)) return [...parts.slice(0, start), worker].join("/");
  }
  return `${runner}/${worker}`;
}

/** @throws UnknownWorkerError with the nearest names */
export function findWorker(runner: Runner, name: string): NamedWorker {
  const workers = allWorkers(runner);
  const found = workers.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new UnknownWorkerError(
    name,
    workers.map((each) => each.name),
  );
}
