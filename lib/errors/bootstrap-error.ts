import { cutText } from "./foreign-value.js";
import { WatchbillError } from "./watchbill-error.js";

/** The most problems that the message has in full. */
const mostProblems = 100;

/**
 * What was given to `bootstrap` cannot run. `problems` has everything that is wrong, each with its cure, and the message the first
 * hundred; `cause` is the first error that was thrown on the way, by a constructor or a container, say. Nothing has been started.
 */
export class BootstrapError extends WatchbillError {
  static {
    this.prototype.name = "BootstrapError";
  }

  readonly problems: readonly string[];
  /** Whatever was thrown on the way, in order and by identity. */
  readonly errors: readonly unknown[];

  constructor(problems: readonly string[], errors: readonly unknown[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.slice(0, mostProblems).map((problem) => `  - ${cutText(problem).replaceAll("\n", "\n    ")}`);
    if (problems.length > mostProblems) lines.push(`  and ${problems.length - mostProblems} more`);
    super(`Nothing was started, because of ${count}:\n${lines.join("\n")}`, errors.length > 0 ? { cause: errors[0] } : {});
    this.problems = problems;
    this.errors = errors;
  }
}
