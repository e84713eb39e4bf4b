import { CommandError, exitCodes } from "./exit-codes.js";
import { type Lint, type LintRule, lint, lintRules } from "./lints.js";
import { isBootstrapError } from "./load-module.js";
import { allWorkers, type LoadedWorkers, loadWorkers } from "./module-workers.js";
import { printable } from "./table.js";
import type { Terminal } from "./terminal.js";

export interface CheckOptions {
  /** Whether lints count as problems. */
  readonly strict?: boolean | undefined;
  /** How many workers may be due in one second. */
  readonly maxAtOnce: number;
  /** Rules of lints that are left out. */
  readonly ignore?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
}

interface Report {
  readonly workers: number;
  readonly problems: readonly string[];
  readonly lints: readonly Lint[];
}

/** Reports every problem of what a module declares, and what is valid but probably not meant. */
export async function check(module: string, options: CheckOptions, terminal: Terminal): Promise<number> {
  const unknown = options.ignore?.find((rule) => !isRule(rule));
  if (unknown !== undefined)
    throw new CommandError(exitCodes.usage, `There is no lint ${printable(unknown)}: there are ${lintRules.join(", ")}`);
  const report = await reportOf(module, options, terminal);
  const { problems, lints } = report;
  if (options.json === true) terminal.printJson(report);
  else printReport(module, report, terminal);
  return problems.length > 0 || (options.strict === true && lints.length > 0) ? exitCodes.problems : exitCodes.ok;
}

async function reportOf(module: string, { maxAtOnce, ignore = [] }: CheckOptions, terminal: Terminal): Promise<Report> {
  let loaded: LoadedWorkers;
  try {
    loaded = await loadWorkers(module);
  } catch (error) {
    if (isBootstrapError(error)) return { workers: 0, problems: error.problems, lints: [] };
    if (!(error instanceof CommandError) || error.exitCode !== exitCodes.problems) throw error;
    return { workers: 0, problems: [error.message], lints: [] };
  }
  const { runner, wasStarted } = loaded;
  if (wasStarted) terminal.complain(`${printable(module)} has started its workers when it was imported; they were stopped again`);
  const lints = await lint(loaded, { now: terminal.now(), maxAtOnce });
  return { workers: allWorkers(runner).length, problems: [], lints: lints.filter(({ rule }) => !ignore.includes(rule)) };
}

function printReport(module: string, { workers, problems, lints }: Report, terminal: Terminal): void {
  for (const problem of problems) terminal.print(`${terminal.style("red", "problem")}: ${indented(problem)}`);
  printLints(lints, terminal);
  const counts = [
    problems.length === 0 ? countOf(workers, "worker") : "",
    countOf(problems.length, "problem"),
    countOf(lints.length, "lint"),
  ];
  terminal.print(`${printable(module)}: ${counts.filter((count) => count !== "").join(", ")}`);
}

/** A line each. */
export function printLints(lints: readonly Lint[], terminal: Terminal): void {
  for (const { rule, message } of lints) terminal.print(`${terminal.style("yellow", "lint")}: ${printable(message)} [${rule}]`);
}

function indented(problem: string): string {
  return problem.split("\n").map(printable).join("\n  ");
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function isRule(name: string): name is LintRule {
  return lintRules.some((rule) => rule === name);
}
