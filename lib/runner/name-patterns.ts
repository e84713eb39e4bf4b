import { inspect } from "node:util";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { listNames } from "../errors/list-names.js";
import type { Problems } from "../registry/problems.js";

/** One or more names of workers, in which `*` stands for anything: `"github/*"`. */
export type NamePatterns = string | readonly string[];

/** Which workers of a roster are run. */
export interface Selection {
  /** Names of the workers to run, with `*` for anything; the others are left out. All by default. */
  readonly only?: NamePatterns | undefined;
  /** Names of workers to leave out, with `*` for anything. */
  readonly except?: NamePatterns | undefined;
}

/**
 * The workers that `only` names, without those that `except` names. A pattern of `only` that names no worker is a problem: it
 * would be a typing error.
 */
export function selectByName(
  workers: readonly DeclarativeWorker[],
  { only = "*", except = [] }: Selection,
  problems: Problems,
): readonly DeclarativeWorker[] {
  const wanted = compile("only", only, problems);
  const unwanted = compile("except", except, problems);
  if (Array.isArray(only) && only.length === 0)
    problems.add("The option only: it is empty, so nothing would run: leave it out to run all");
  for (const { pattern, matches } of workers.length === 0 ? [] : wanted) {
    if (workers.some(matches)) continue;
    problems.add(`The option only: "${pattern}" names no worker; there are ${listNames(workers.map(({ name = "" }) => name))}`);
  }
  return workers.filter(
    (worker) => wanted.some(({ matches }) => matches(worker)) && !unwanted.some(({ matches }) => matches(worker)),
  );
}

interface Pattern {
  readonly pattern: string;
  readonly matches: (worker: DeclarativeWorker) => boolean;
}

function compile(option: string, patterns: unknown, problems: Problems): Pattern[] {
  const list: unknown[] = Array.isArray(patterns) ? patterns : [patterns];
  return list.flatMap((pattern) => {
    if (typeof pattern === "string") {
      const expression = new RegExp(`^${pattern.split("*").map(literally).join(".*")}$`, "s");
      return [{ pattern, matches: ({ name = "" }) => expression.test(name) }];
    }
    problems.add(`The option ${option}: ${inspect(pattern, { depth: 0 })} is not a name pattern: give a string`);
    return [];
  });
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
