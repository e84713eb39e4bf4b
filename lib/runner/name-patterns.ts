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
   * `WATCHBILL_ONLY`, names with commas between them, narrows that further, in every roster of the process.
   */
  readonly only?: NamePatterns | undefined;
  /** Names of workers to leave out, with `*` for anything; and so are those in the environment variable `WATCHBILL_EXCEPT`. */
  readonly except?: NamePatterns | undefined;
}

/**
 * The workers that `only` names, without those that `except` names. A pattern of `only` that names no worker is a problem: it
 * would be a typing error. In the environment it is one if all are: what is meant for another roster of the process is none.
 */
export function selectByName(
  workers: readonly DeclarativeWorker[],
  selection: Selection,
  problems: Problems,
): readonly DeclarativeWorker[] {
  const { only, onlyHere } = compileAll(selection, problems);
  if (workers.length > 0) {
    problems.add(...missesOf(only, workers));
    const missed = missesOf(onlyHere, workers);
    if (missed.length === onlyHere.length) problems.add(...missed);
  }
  return selectAmong(workers, selection);
}

/** The same for workers that come later, and need not be named. */
export function selectAmong(workers: readonly DeclarativeWorker[], selection: Selection): readonly DeclarativeWorker[] {
  const { only, onlyHere, except } = compileAll(selection, new Problems());
  const fits = ({ label }: DeclarativeWorker, patterns: readonly Pattern[]): boolean =>
    patterns.some(({ matches }) => matches.test(label));
  const isWanted = (worker: DeclarativeWorker): boolean =>
    [only, onlyHere].every((patterns) => patterns.length === 0 || fits(worker, patterns));
  return [only, onlyHere, except].every((patterns) => patterns.length === 0)
    ? workers
    : workers.filter((worker) => isWanted(worker) && !fits(worker, except));
}

/** The patterns of `WATCHBILL_ONLY` that name none of the workers, in words. */
export function missesOfEnvironment(workers: readonly DeclarativeWorker[]): string[] {
  return missesOf(compileAll({}, new Problems()).onlyHere, workers);
}

interface Patterns {
  /** All, if there are none. */
  readonly only: readonly Pattern[];
  /** Of the environment; all, if there are none. */
  readonly onlyHere: readonly Pattern[];
  readonly except: readonly Pattern[];
}

function compileAll({ only, except = [] }: Selection, problems: Problems): Patterns {
  if (Array.isArray(only) && only.length === 0)
    problems.add("The option only: it is empty, so nothing would run: leave it out to run all");
  const { WATCHBILL_ONLY = "", WATCHBILL_EXCEPT = "" } = process.env;
  return {
    only: only === undefined ? [] : compile("The option only", only, problems),
    onlyHere: compile("WATCHBILL_ONLY", listed(WATCHBILL_ONLY), problems),
    except: [
      ...compile("The option except", except, problems),
      ...compile("WATCHBILL_EXCEPT", listed(WATCHBILL_EXCEPT), problems),
    ],
  };
}

function missesOf(patterns: readonly Pattern[], workers: readonly DeclarativeWorker[]): string[] {
  if (patterns.length === 0) return [];
  const names = workers.map(({ label }) => label);
  const missed = patterns.filter(({ matches }) => !names.some((name) => matches.test(name)));
  return missed.map(({ origin, pattern }) => `${origin}: "${pattern}" names no worker; there are ${listNames(names)}`);
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
