import { inspect } from "node:util";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { listNames } from "../errors/list-names.js";
import { Problems } from "../registry/problems.js";

/** One or more names of workers, in which `*` stands for anything: `"github/*"`. */
export type NamePatterns = string | readonly string[];

/** Which workers of a roster are run. */
export interface Selection {
  /**
   * Names of the workers to run, with `*` for anything; the others are left out. All by default. The environment variable
   * `WATCHBILL_ONLY`, names with commas between them, narrows that further.
   */
  readonly only?: NamePatterns | undefined;
  /** Names of workers to leave out, with `*` for anything; and so are those in the environment variable `WATCHBILL_EXCEPT`. */
  readonly except?: NamePatterns | undefined;
}

/**
 * The workers that `only` names, without those that `except` names. A pattern of `only` that names no worker is a problem: it
 * would be a typing error.
 */
export function selectByName(
  workers: readonly DeclarativeWorker[],
  selection: Selection,
  problems: Problems,
): readonly DeclarativeWorker[] {
  const { wanted } = compileAll(selection, problems);
  const names = workers.map(({ label }) => label);
  for (const { origin, pattern, matches } of workers.length === 0 ? [] : wanted.flat()) {
    if (names.some((name) => matches.test(name))) continue;
    problems.add(`${origin}: "${pattern}" names no worker; there are ${listNames(names)}`);
  }
  return selectAmong(workers, selection);
}

/** The same for workers that come later, and need not be named. */
export function selectAmong(workers: readonly DeclarativeWorker[], selection: Selection): readonly DeclarativeWorker[] {
  const { wanted, unwanted } = compileAll(selection, new Problems());
  const fits = ({ label }: DeclarativeWorker, patterns: readonly Pattern[]): boolean =>
    patterns.some(({ matches }) => matches.test(label));
  return workers.filter((worker) => wanted.every((patterns) => fits(worker, patterns)) && !fits(worker, unwanted));
}

interface Patterns {
  /** Of each list, one must fit. */
  readonly wanted: readonly (readonly Pattern[])[];
  readonly unwanted: readonly Pattern[];
}

function compileAll({ only = "*", except = [] }: Selection, problems: Problems): Patterns {
  if (Array.isArray(only) && only.length === 0)
    problems.add("The option only: it is empty, so nothing would run: leave it out to run all");
  const { WATCHBILL_ONLY = "", WATCHBILL_EXCEPT = "" } = process.env;
  const onlyHere = listed(WATCHBILL_ONLY);
  return {
    wanted: [
      compile("The option only", only, problems),
      compile("WATCHBILL_ONLY", onlyHere.length === 0 ? "*" : onlyHere, problems),
    ],
    unwanted: [
      ...compile("The option except", except, problems),
      ...compile("WATCHBILL_EXCEPT", listed(WATCHBILL_EXCEPT), problems),
    ],
  };
}

function listed(text: string): string[] {
  const patterns = text.split(",").map((pattern) => pattern.trim());
  return patterns.filter((pattern) => pattern !== "");
}

interface Pattern {
  readonly origin: string;
  readonly pattern: string;
  readonly matches: RegExp;
}

function compile(origin: string, patterns: unknown, problems: Problems): Pattern[] {
  const list: unknown[] = Array.isArray(patterns) ? patterns : [patterns];
  return list.flatMap((pattern) => {
    if (typeof pattern === "string") {
      return [{ origin, pattern, matches: new RegExp(`^${pattern.split("*").map(literally).join(".*")}$`, "s") }];
    }
    problems.add(`${origin}: ${inspect(pattern, { depth: 0 })} is not a name pattern: give a string`);
    return [];
  });
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
