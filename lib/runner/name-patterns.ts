import type { DeclarativeWorker } from "../declarative-worker.js";
import { listNames } from "../errors/list-names.js";
import { readArray, readProperty } from "../errors/read-value.js";
import { cutText, showValue } from "../errors/show-value.js";
import { Problems } from "../registry/problems.js";
import { type NamePatterns, nameMatcher } from "./name-matcher.js";

/** Which workers of a runner are run. */
export interface Selection {
  /**
   * Names of the workers to run, with `*` for anything; the others are left out. All by default. The environment variable
   * `WATCHBILL_ONLY`, names with commas between them, narrows that further, in every runner of the process.
   */
  readonly only?: NamePatterns | undefined;
  /** Names of workers to leave out, with `*` for anything; and so are those in the environment variable `WATCHBILL_EXCEPT`. */
  readonly except?: NamePatterns | undefined;
}

/**
 * Returns the workers that `only` names, without those that `except` names.
 *
 * A pattern of `only` that names no worker is a problem: it is a typing error. `WATCHBILL_ONLY` is a problem if none of its
 * patterns names a worker. {@link selectionLines} reports the other patterns that name none: they may be meant for workers that
 * are added later, or for another runner of the process.
 */
export function selectByName(
  workers: readonly DeclarativeWorker[],
  selection: Selection,
  problems: Problems,
): readonly DeclarativeWorker[] {
  const { only, envOnly } = compileAll(selection, problems);
  if (workers.length > 0) {
    problems.add(...missesOf(only, workers));
    const missed = missesOf(envOnly, workers);
    if (missed.length === envOnly.patterns.length) problems.add(...missed);
  }
  return selectAmong(workers, selection);
}

/** Selects among workers that are added later, which no pattern has to name. */
export function selectAmong(workers: readonly DeclarativeWorker[], selection: Selection): readonly DeclarativeWorker[] {
  const filters = compileAll(selection, new Problems());
  noteMatches(filters, workers);
  return Object.values(filters).every(({ patterns }) => patterns.length === 0)
    ? workers
    : workers.filter(({ label }) => reasonToLeaveOut(label, filters) === undefined);
}

/**
 * The patterns of the environment that have named a worker of some runner of this process: they are meant for all of its runners,
 * so that one of them cannot say of a pattern that it is a typing error.
 */
const matched = new Set<string>();

/** Remembers which patterns of the environment name a worker. */
function noteMatches({ envOnly, envExcept }: Filters, workers: readonly DeclarativeWorker[]): void {
  const open = [...envOnly.patterns, ...envExcept.patterns].filter((pattern) => !matched.has(pattern));
  if (open.length === 0) return;
  const names = new Set(workers.map(({ label }) => label));
  for (const pattern of open) if (namesAny(pattern, names)) matched.add(pattern);
}

/**
 * What the log says at the start of a run: one line for all workers that the environment leaves out, and why there is nothing to
 * run, if there is not; then a line for each other pattern that names no worker yet, of the environment only if no runner of the
 * process has one.
 * @param workers all, those that are left out included
 * @param isOutermost whether the runner is not a worker of another, which has reported the patterns of the environment
 */
export function selectionLines(workers: readonly DeclarativeWorker[], selection: Selection, isOutermost = true): string[] {
  const filters = compileAll(selection, new Problems());
  noteMatches(filters, workers);
  const leftOut = leftOutBy(filters, workers);
  const isEmpty = leftOut.reduce((count, { names }) => count - names.length, workers.length) === 0;
  // Workers that an option leaves out are visible in the code, and are logged only if nothing runs because of that.
  const reasons = describeLeftOut(isEmpty ? leftOut : leftOut.filter(isOfEnvironment), workers);
  const line = isEmpty ? `there are no workers to run${reasons === "" ? "" : `: ${reasons}`}` : reasons;
  const { except, envOnly, envExcept } = filters;
  const isUnmatched = (pattern: string): boolean => isOutermost && !matched.has(pattern);
  const ofEnvironment = [envOnly, envExcept].map(({ origin, patterns }) => ({
    origin,
    patterns: patterns.filter(isUnmatched),
  }));
  const misses = [except, ...ofEnvironment].flatMap((filter) => missesOf(filter, workers, "names no worker yet"));
  return line === "" ? misses : [line, ...misses];
}

/**
 * What the log says of workers that are added while others run, if the environment leaves some of them out; "" if it does not.
 */
export function lineOfEnvironment(workers: readonly DeclarativeWorker[], selection: Selection): string {
  return describeLeftOut(leftOutBy(compileAll(selection, new Problems()), workers).filter(isOfEnvironment), workers);
}

interface LeftOut {
  readonly origin: Origin;
  readonly names: string[];
}

function leftOutBy(filters: Filters, workers: readonly DeclarativeWorker[]): LeftOut[] {
  const found = new Map<Origin, string[]>();
  for (const { label } of workers) {
    const origin = reasonToLeaveOut(label, filters);
    if (origin === undefined) continue;
    const names = found.get(origin);
    if (names === undefined) found.set(origin, [label]);
    else names.push(label);
  }
  return Array.from(found, ([origin, names]) => ({ origin, names }));
}

function isOfEnvironment({ origin }: LeftOut): boolean {
  return isVariable(origin);
}

function describeLeftOut(leftOut: readonly LeftOut[], { length }: readonly DeclarativeWorker[]): string {
  return leftOut
    .map(({ origin, names }) => {
      const amount = `leaves out ${names.length} of ${length} workers`;
      return isVariable(origin) ? `${origin} ${amount} (${listNames(names)})` : `the option ${origin} ${amount}`;
    })
    .join(", ");
}

/** Where patterns come from: an option or a variable of the environment. */
type Origin = "only" | "except" | Variable;

type Variable = "WATCHBILL_ONLY" | "WATCHBILL_EXCEPT";

function isVariable(origin: Origin): origin is Variable {
  return origin === "WATCHBILL_ONLY" || origin === "WATCHBILL_EXCEPT";
}

interface Filters {
  /** Without patterns it selects all workers. */
  readonly only: Filter;
  /** From `WATCHBILL_ONLY`. Without patterns it selects all workers. */
  readonly envOnly: Filter;
  readonly except: Filter;
  /** From `WATCHBILL_EXCEPT`. */
  readonly envExcept: Filter;
}

/** What leaves a worker out; undefined if it is to run. */
function reasonToLeaveOut(name: string, { only, envOnly, except, envExcept }: Filters): Origin | undefined {
  const needed = [only, envOnly].find((filter) => filter.patterns.length > 0 && !filter.matches(name));
  return (needed ?? [except, envExcept].find((filter) => filter.matches(name)))?.origin;
}

function compileAll(selection: unknown, problems: Problems): Filters {
  const only = readProperty(selection, "only");
  const except = readProperty(selection, "except");
  if (readArray(only)?.length === 0) problems.add("The option only: it is empty, so nothing would run: leave it out to run all");
  const { WATCHBILL_ONLY = "", WATCHBILL_EXCEPT = "" } = process.env;
  return {
    only: new Filter("only", stringsOf("only", only, problems)),
    envOnly: new Filter("WATCHBILL_ONLY", listed(WATCHBILL_ONLY)),
    except: new Filter("except", stringsOf("except", except, problems)),
    envExcept: new Filter("WATCHBILL_EXCEPT", listed(WATCHBILL_EXCEPT)),
  };
}

function missesOf(
  { origin, patterns }: Pick<Filter, "origin" | "patterns">,
  workers: readonly DeclarativeWorker[],
  flaw = "names no worker",
): string[] {
  if (patterns.length === 0) return [];
  const names = new Set(workers.map(({ label }) => label));
  const missed = patterns.filter((pattern) => !namesAny(pattern, names));
  const subject = isVariable(origin) ? origin : `The option ${origin}`;
  const there = names.size === 0 ? "there are none" : `there are ${listNames([...names])}`;
  return missed.map((pattern) => `${subject}: "${cutText(pattern, 100)}" ${flaw}; ${there}`);
}

function namesAny(pattern: string, names: ReadonlySet<string>): boolean {
  if (!pattern.includes("*")) return names.has(pattern);
  const matches = nameMatcher(pattern);
  for (const name of names) if (matches(name)) return true;
  return false;
}

function listed(text: string): string[] {
  const patterns = text.split(",").map((pattern) => pattern.trim());
  return patterns.filter((pattern) => pattern !== "");
}

function stringsOf(origin: Origin, patterns: unknown, problems: Problems): string[] {
  if (patterns === undefined) return [];
  const list = readArray(patterns) ?? [patterns];
  return list.flatMap((pattern) => {
    if (typeof pattern === "string") return [pattern];
    problems.add(`The option ${origin}: ${showValue(pattern)} is not a name pattern: use a string`);
    return [];
  });
}

/** The patterns of one origin. */
class Filter {
  readonly origin: Origin;
  readonly patterns: readonly string[];
  readonly matches: (name: string) => boolean;

  constructor(origin: Origin, patterns: readonly string[]) {
    this.origin = origin;
    this.patterns = patterns;
    this.matches = nameMatcher(patterns);
  }
}
